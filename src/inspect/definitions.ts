// A machine as inspectors want it: its configuration as JSON with sorted names, in which a function is known by its name.
import type { AnyStateMachine } from 'xstate';

/** By the id of the machine: a zone's supervisor is another object in each zone, and the same machine. */
const made = new Map<string, string>();

export const definitionOf = ({ id, config }: AnyStateMachine): string => {
  const known = made.get(id) ?? JSON.stringify(told(config));
  made.set(id, known);
  return known;
};

const told = (value: unknown): unknown => {
  if (typeof value === 'function') return { type: value.name };
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, told(member)]));
};
