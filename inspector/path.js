// The way an actor took, entry by entry, and a slider to go back along it. At its end it follows what happens.
import { byId, element, inputById } from './element.js';

/**
 * @typedef {{
 *   readonly seq: number,
 *   readonly at: string,
 *   readonly entry: string,
 *   readonly event: string | null,
 *   readonly from: string | null,
 *   readonly state: string,
 *   readonly by: { readonly client_id: string | null, readonly subject: string } | null,
 * }} Step
 */

export class PathView {
  #list = byId('path');
  #slider = inputById('scrub');
  #said = byId('scrub-said');
  #leftOut = byId('path-said');
  /** @type {readonly Step[]} */
  #steps = [];
  /** The entry that is looked at: its place changes when those before it are left out. Null while it follows. @type {number | null} */
  #at = null;
  /** Whether the last step is where the actor is. */
  #reachesNow = true;

  /** @param {() => void} onMove */
  constructor(onMove) {
    this.onMove = onMove;
    this.#slider.addEventListener('input', () => this.goTo(Number(this.#slider.value)));
    byId('follow').addEventListener('click', () => this.goTo(this.#steps.length));
    this.#list.addEventListener('click', (event) => {
      const step = /** @type {Element} */ (event.target).closest('[data-step]');
      if (step) this.goTo(Number(step.getAttribute('data-step')));
    });
  }

  /**
   * @param {readonly Step[]} steps
   * @param {{ isOther: boolean, reachesNow: boolean }} how `isOther`: whether they are another actor's
   */
  show(steps, { isOther, reachesNow }) {
    if (isOther) this.#at = null;
    this.#steps = steps;
    this.#reachesNow = reachesNow;
    this.#leftOut.textContent = leftOut(steps, reachesNow);
    // Where the way does not reach to now, now comes after it.
    const places = steps.length + (reachesNow ? 0 : 1);
    this.#slider.max = String(Math.max(0, places - 1));
    this.#slider.disabled = places < 2;
    this.#list.replaceChildren(...steps.map(itemOf));
    this.#mark();
  }

  /** The step that is looked at, if it is among those that are known, and whether that is now. */
  get current() {
    const at = this.#at;
    if (at !== null) return { step: this.#steps.find(({ seq }) => seq >= at), isLast: false };
    return { step: this.#reachesNow ? this.#steps.at(-1) : undefined, isLast: true };
  }

  /** @param {number} index */
  goTo(index) {
    const isNow = index >= this.#steps.length - (this.#reachesNow ? 1 : 0);
    this.#at = isNow ? null : (this.#steps[index]?.seq ?? null);
    this.#mark();
    this.onMove();
  }

  #mark() {
    const { step, isLast } = this.current;
    const index = step ? this.#steps.indexOf(step) : this.#steps.length;
    this.#slider.value = String(index);
    const said = step ? `Entry ${step.seq}: ${step.event ?? step.entry}, then ${step.state}` : 'Now';
    this.#slider.setAttribute('aria-valuetext', said);
    this.#said.textContent = isLast ? `${said}. Following.` : said;
    byId('follow').toggleAttribute('disabled', isLast);
    for (const item of this.#list.children) {
      const isAt = item.getAttribute('data-step') === String(index);
      item.classList.toggle('at', isAt);
      if (isAt) item.setAttribute('aria-current', 'step');
      else item.removeAttribute('aria-current');
    }
    const item = this.#list.children[index];
    if (item instanceof HTMLElement) this.#list.scrollTop = item.offsetTop - this.#list.clientHeight / 2;
  }
}

/**
 * What is not told of the way.
 * @param {readonly Step[]} steps
 * @param {boolean} reachesNow
 */
const leftOut = (steps, reachesNow) => {
  const [first] = steps;
  const parts = [];
  if (first && first.event !== null) parts.push('Earlier entries are left out.');
  if (!reachesNow) parts.push('Later entries are left out: there are more than can be told.');
  return parts.join(' ');
};

/**
 * @param {Step} step
 * @param {number} index
 */
const itemOf = ({ seq, at, entry, event, state, by }, index) =>
  element(
    'li',
    { 'data-step': index },
    element('span', { class: 'seq' }, String(seq)),
    element('span', { class: 'what' }, event === null || event === entry ? entry : `${event} (${entry})`),
    element('span', { class: 'state' }, state),
    element('time', { datetime: at }, at.slice(11, 23)),
    element('span', { class: 'owner' }, by ? (by.client_id ?? by.subject) : 'coordinator'),
  );
