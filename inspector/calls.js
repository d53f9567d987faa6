// The service agents of a zone and what was asked of them: a list of buttons each, the newest invocations first.
import { byId, element } from './element.js';
import { counted, lookOf, shortId } from './words.js';
import { status } from './world.js';

const SHOWN_MAX = 200;

export class Calls {
  /**
   * @param {import('./world.js').World} world
   * @param {import('./selection.js').Selection} selection
   * @param {'service' | 'invocation'} kind
   */
  constructor(world, selection, kind) {
    this.world = world;
    this.selection = selection;
    this.kind = kind;
    this.list = byId(`${kind}s`);
    this.said = byId(`${kind}s-said`);
    this.list.addEventListener('click', (event) => {
      const chosen = /** @type {Element} */ (event.target).closest('[data-id]');
      if (chosen) selection.choose(chosen.getAttribute('data-id') ?? '');
    });
  }

  draw() {
    const ids = [...this.world.ids(this.kind)];
    const shown = ids.slice(-SHOWN_MAX).toReversed();
    const part = ids.length > shown.length ? `, the newest ${shown.length} shown` : '';
    this.said.textContent =
      ids.length === 0 ? this.world.noneOf(this.kind) : `${counted(ids.length, this.kind)}${part}`;
    const items = new Map(Array.from(this.list.children, (item) => [item.getAttribute('data-item') ?? '', item]));
    const wanted = shown.map((id) => this.#painted(items.get(id) ?? itemOf(id), id));
    if (wanted.length !== items.size || wanted.some((item, index) => item !== this.list.children[index]))
      this.#keepingFocus(() => this.list.replaceChildren(...wanted));
  }

  /** @param {() => void} change */
  #keepingFocus(change) {
    const focused = document.activeElement;
    change();
    if (focused instanceof HTMLElement && this.list.contains(focused)) focused.focus({ preventScroll: true });
  }

  /**
   * @param {Element} item
   * @param {string} id
   */
  #painted(item, id) {
    const actor = this.world.actor(id);
    const word = actor ? status(actor) : '';
    const button = item.firstElementChild;
    const { mark, tone } = lookOf(word);
    const chosen = this.selection.id === id ? ' chosen' : '';
    const affected = this.selection.affected.has(id) ? ' affected' : '';
    const look = `call ${tone}${chosen}${affected}`;
    if (!button || (button.className === look && button.getAttribute('data-status') === word)) return item;
    button.className = look;
    button.setAttribute('data-status', word);
    button.replaceChildren(
      element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
      element('span', { class: 'name' }, shortId(id)),
      element('span', { class: 'word' }, word),
    );
    return item;
  }
}

/** @param {string} id */
const itemOf = (id) => element('li', { 'data-item': id }, element('button', { type: 'button', 'data-id': id }));
