// What the coordinator says of its machines: which commands lead where, and who may send them.
import { lineageOf } from './chart.js';

/**
 * @typedef {{ readonly from: string, readonly event: string, readonly to: string | null, readonly guard: string | null }} Transition
 * @typedef {{
 *   readonly command: string,
 *   readonly label: string,
 *   readonly events: readonly string[],
 *   readonly who: readonly string[],
 *   readonly action: { readonly method: string, readonly path: string } | null,
 * }} Command `action` where the operator may send it, with `{zone}` and `{id}` in the path
 * @typedef {{ readonly machine: string, readonly transitions: readonly Transition[], readonly commands: readonly Command[] }} Described
 */

/** @type {Promise<Readonly<Record<string, Described>>> | null} */
let asked = null;

/** By kind of actor. @returns {Promise<Readonly<Record<string, Described>>>} */
export const machines = () =>
  (asked ??= fetch(new URL('machines.json', import.meta.url))
    .then((response) => response.json())
    .catch((error) => {
      asked = null;
      throw error;
    }));

/**
 * The commands that a state takes, each with the guard on its way, if there is one.
 * @param {Described} described
 * @param {string} state
 */
export const legalIn = ({ transitions, commands }, state) => {
  const lineage = lineageOf(state);
  return commands.flatMap((command) => {
    const taken = transitions.filter(({ from, event }) => lineage.includes(from) && command.events.includes(event));
    if (taken.length === 0) return [];
    const guards = [...new Set(taken.map(({ guard }) => guard))];
    return [{ command, guard: guards.length === 1 ? (guards[0] ?? null) : null }];
  });
};
