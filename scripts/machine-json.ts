// A machine as JSON that `createMachine` takes back. What guards and actions do is left to their names; the function that
// makes its context from an input is left out, and any other function has no place in a machine.
import type { AnyStateMachine } from 'xstate';

/** Where a function may stand, and is left out: it makes the context from the input, or the output from the context. */
const MADE_AT_RUN_TIME = new Set(['/context', '/output']);

/** Throws where a function stands that should have a name, and says where. */
export const jsonOf = ({ id, config }: AnyStateMachine): string => {
  const inline = inlineFunctions(config);
  if (inline.length > 0) {
    throw new Error(`The machine ${id} has inline functions at ${inline.join(', ')}. Name them in setup().`);
  }
  // JSON leaves out what is a function.
  return `${JSON.stringify(config, null, 2)}\n`;
};

/** The paths in a configuration at which a function stands that should have a name. */
const inlineFunctions = (value: unknown, path = ''): string[] => {
  if (typeof value === 'function') return MADE_AT_RUN_TIME.has(path) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => inlineFunctions(member, `${path}/${key}`));
};
