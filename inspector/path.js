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
  /** @type {readonly Step[]} */
  #steps = [];
  /** Null while it follows. @type {number | null} */
  #at = null;

  /** @param {() => void} onMove */
  constructor(onMove) {
    this.onMove = onMove;
    this.#slider.addEventListener('input', () => this.goTo(Number(this.#slider.value)));
    byId('follow').addEventListener('click', () => this.goTo(this.#steps.length - 1));
    this.#list.addEventListener('click', (event) => {
      const step = /** @type {Element} */ (event.target).closest('[data-step]');
      if (step) this.goTo(Number(step.getAttribute('data-step')));
    });
  }

  /**
   * @param {readonly Step[]} steps
   * @param {boolean} isOther whether they are another actor's
   */
  show(steps, isOther) {
    if (isOther) this.#at = null;
    this.#steps = steps;
    this.#slider.max = String(Math.max(0, steps.length - 1));
    this.#slider.disabled = steps.length < 2;
    this.#list.replaceChildren(...steps.map(itemOf));
    this.#mark();
  }

  /** The step that is looked at, and whether it is the last. */
  get current() {
    const last = this.#steps.length - 1;
    const index = Math.min(this.#at ?? last, last);
    return { step: this.#steps[index], isLast: this.#at === null };
  }

  /** @param {number} index */
  goTo(index) {
    this.#at = index >= this.#steps.length - 1 ? null : index;
    this.#mark();
    this.onMove();
  }

  #mark() {
    const { step, isLast } = this.current;
    const index = step ? this.#steps.indexOf(step) : 0;
    this.#slider.value = String(index);
    const said = step ? `Entry ${step.seq}: ${step.event ?? step.entry}, then ${step.state}` : 'No entries';
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
