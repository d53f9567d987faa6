// The state chart of one machine, as it was drawn when the coordinator was built: the page only lights what is there.
import { byId, element } from './element.js';

/** @typedef {{ readonly from: string, readonly event: string, readonly state: string }} Taken from where, by what, to where */

/** @type {Map<string, Promise<Element>>} */
const drawings = new Map();

/** @param {string} machine */
const drawingOf = (machine) => {
  const known = drawings.get(machine);
  if (known) return known;
  const loading = load(machine);
  drawings.set(machine, loading);
  loading.catch(() => drawings.delete(machine));
  return loading;
};

/** @param {string} machine */
const load = async (machine) => {
  const response = await fetch(new URL(`${machine}.svg`, import.meta.url));
  if (!response.ok) throw new Error(`There is no chart of ${machine}.`);
  return new DOMParser().parseFromString(await response.text(), 'image/svg+xml').documentElement;
};

export class ChartView {
  #box = byId('chart');
  #machine = '';
  #wanted = '';

  /**
   * Shows a machine in a state, and the way it got there.
   * @param {string} machine
   * @param {string} state with dots
   * @param {Taken | null} step the transition just taken
   */
  async show(machine, state, step) {
    this.#wanted = machine;
    if (this.#machine !== machine) {
      const drawing = await drawingOf(machine).catch((error) => element('p', {}, String(error.message)));
      // Somebody chose another actor meanwhile.
      if (this.#wanted !== machine) return;
      this.#box.replaceChildren(document.importNode(drawing, true));
      this.#machine = machine;
    }
    this.#light(state, step);
  }

  /** Scrolls the box of the chart and nothing around it. @param {Element} group */
  #bringIntoSight(group) {
    const box = this.#box.getBoundingClientRect();
    const { left, top, width, height } = group.getBoundingClientRect();
    this.#box.scrollBy(left + width / 2 - box.left - box.width / 2, top + height / 2 - box.top - box.height / 2);
  }

  clear() {
    this.#machine = this.#wanted = '';
    this.#box.replaceChildren();
  }

  /**
   * @param {string} state
   * @param {Taken | null} step
   */
  #light(state, step) {
    const lit = new Set(lineageOf(state));
    for (const group of this.#box.querySelectorAll('[data-state]')) {
      const name = group.getAttribute('data-state') ?? '';
      group.classList.toggle('lit', lit.has(name));
      if (name === state) this.#bringIntoSight(group);
      if (name === state) group.setAttribute('aria-current', 'true');
      else group.removeAttribute('aria-current');
    }
    const froms = new Set(step === null ? [] : lineageOf(step.from));
    const tos = new Set(step === null ? [] : lineageOf(step.state));
    for (const group of this.#box.querySelectorAll('[data-edge]')) {
      // One event may lead to several states, by a guard: only the one that was come to was taken.
      const [from = '', event, to = ''] = (group.getAttribute('data-edge') ?? '').split(':');
      group.classList.toggle('taken', step !== null && event === step.event && froms.has(from) && tos.has(to));
    }
  }
}

/**
 * A state and those around it, the innermost first.
 * @param {string} state
 */
export const lineageOf = (state) => {
  const steps = state.split('.');
  return steps.map((_, index) => steps.slice(0, steps.length - index).join('.'));
};
