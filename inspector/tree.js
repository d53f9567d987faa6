// The sessions as a tree (WAI-ARIA Authoring Practices, tree view). Only the rows in sight are in the document, each saying its
// level and its place among its siblings; the focus stays on the tree and `aria-activedescendant` names the row it is at.
import { byId, element } from './element.js';
import { sessionsInOrder } from './sessions-order.js';
import { lookOf, shortId } from './words.js';
import { status } from './world.js';

const ROW_PX = 28;
/** Rows above and below those in sight, so that scrolling shows no gaps. */
const SPARE_ROWS = 8;
const PAGE_ROWS = 10;

/** @typedef {import('./sessions-order.js').Row} Row */

export class Tree {
  #box = byId('tree');
  #space = byId('tree-rows');
  /** @type {Set<string>} */
  #closed = new Set();
  /** @type {readonly Row[]} */
  #rows = [];
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map();
  #shape = -1;
  #at = '';

  /**
   * @param {import('./world.js').World} world
   * @param {import('./selection.js').Selection} selection
   */
  constructor(world, selection) {
    this.world = world;
    this.selection = selection;
    this.#box.addEventListener('scroll', () => this.#render());
    this.#box.addEventListener('keydown', (event) => this.#onKey(event));
    // A press of the mouse brings the focus too: the rows must stay under it until it is a click.
    this.#box.addEventListener('focus', () => {
      if (this.#box.matches(':focus-visible')) this.#goTo(Math.max(0, this.#indexOf(this.#at)));
    });
    this.#space.addEventListener('click', (event) => this.#onClick(event));
    new ResizeObserver(() => this.#render()).observe(this.#box);
  }

  draw() {
    if (this.world.shape !== this.#shape) this.#list();
    this.#render();
  }

  #list() {
    this.#shape = this.world.shape;
    this.#rows = sessionsInOrder(this.world, (id) => !this.#closed.has(id));
    this.#space.style.height = `${this.#rows.length * ROW_PX}px`;
  }

  #render() {
    const first = Math.max(0, Math.floor(this.#box.scrollTop / ROW_PX) - SPARE_ROWS);
    const count = Math.ceil(this.#box.clientHeight / ROW_PX) + 2 * SPARE_ROWS;
    const shown = this.#rows.slice(first, first + count).map((row, index) => this.#rowOf(row, first + index));
    const at = this.#indexOf(this.#at);
    const elsewhere = this.#rows[at];
    if (elsewhere && (at < first || at >= first + count)) shown.push(this.#rowOf(elsewhere, at));
    this.#place(shown);
    if (at === -1) this.#box.removeAttribute('aria-activedescendant');
    else this.#box.setAttribute('aria-activedescendant', rowId(this.#at));
  }

  /**
   * Rows that stay are left where they are: one that is taken out between the press and the release of a mouse is not clicked.
   * @param {readonly HTMLElement[]} shown
   */
  #place(shown) {
    const wanted = new Set(shown);
    for (const [id, row] of this.#elements) {
      if (wanted.has(row)) continue;
      row.remove();
      this.#elements.delete(id);
    }
    let place = this.#space.firstElementChild;
    for (const row of shown) {
      if (row === place) place = place.nextElementSibling;
      else this.#space.insertBefore(row, place);
    }
  }

  /**
   * @param {Row} row
   * @param {number} index
   */
  #rowOf({ id, depth, children, place, of }, index) {
    const session = this.world.actor(id);
    const word = session ? status(session) : '';
    const { mark, tone } = lookOf(word);
    const isOpen = !this.#closed.has(id);
    const row = this.#elements.get(id) ?? emptyRow(id);
    this.#elements.set(id, row);
    row.className = ['row', tone, this.#at === id ? 'at' : '', this.selection.affected.has(id) ? 'affected' : ''].join(
      ' ',
    );
    row.dataset['status'] = word;
    row.ariaLevel = String(depth + 1);
    row.ariaSetSize = String(of);
    row.ariaPosInSet = String(place);
    row.ariaExpanded = children === 0 ? null : String(isOpen);
    row.ariaSelected = String(this.selection.id === id);
    const twig = children === 0 ? '' : isOpen ? '▾' : '▸';
    const words = [twig, mark, shortId(id), word, ownerOf(session)];
    for (const [part, text] of words.entries()) setText(row.children[part], text);
    row.style.top = `${index * ROW_PX}px`;
    row.style.paddingInlineStart = `${Math.min(depth, 12) * 14 + 4}px`;
    return row;
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest('[data-id]');
    if (!(row instanceof HTMLElement)) return;
    const id = row.dataset['id'] ?? '';
    this.#at = id;
    if (target.classList.contains('twig')) this.#open(id, this.#closed.has(id));
    else this.selection.choose(id);
    this.#render();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const act = this.#actionOf(event.key);
    if (!act || this.#rows.length === 0) return;
    event.preventDefault();
    act(Math.max(0, this.#indexOf(this.#at)));
  }

  /**
   * @param {string} key
   * @returns {((index: number) => void) | undefined}
   */
  #actionOf(key) {
    /** @type {Record<string, (index: number) => void>} */
    const actions = {
      ArrowDown: (index) => this.#goTo(index + 1),
      ArrowUp: (index) => this.#goTo(index - 1),
      PageDown: (index) => this.#goTo(index + PAGE_ROWS),
      PageUp: (index) => this.#goTo(index - PAGE_ROWS),
      Home: () => this.#goTo(0),
      End: () => this.#goTo(this.#rows.length - 1),
      ArrowRight: (index) => this.#inward(index),
      ArrowLeft: (index) => this.#outward(index),
      Enter: () => this.selection.choose(this.#at),
      ' ': () => this.selection.choose(this.#at),
    };
    return Object.hasOwn(actions, key) ? actions[key] : undefined;
  }

  /** @param {number} index */
  #inward(index) {
    const row = this.#rows[index];
    if (!row || row.children === 0) return;
    if (this.#closed.has(row.id)) this.#open(row.id, true);
    else this.#goTo(index + 1);
  }

  /** @param {number} index */
  #outward(index) {
    const row = this.#rows[index];
    if (!row) return;
    if (row.children > 0 && !this.#closed.has(row.id)) return this.#open(row.id, false);
    const parent = this.world.actor(row.id)?.context['parentId'];
    const above = this.#indexOf(String(parent));
    if (above !== -1) this.#goTo(above);
  }

  /**
   * @param {string} id
   * @param {boolean} isOpen
   */
  #open(id, isOpen) {
    if (isOpen) this.#closed.delete(id);
    else this.#closed.add(id);
    this.#list();
    this.#render();
  }

  /** @param {number} index */
  #goTo(index) {
    const row = this.#rows[Math.min(Math.max(0, index), this.#rows.length - 1)];
    if (!row) return;
    this.#at = row.id;
    const top = this.#indexOf(row.id) * ROW_PX;
    const { scrollTop, clientHeight } = this.#box;
    if (top < scrollTop) this.#box.scrollTop = top;
    else if (top + ROW_PX > scrollTop + clientHeight) this.#box.scrollTop = top + ROW_PX - clientHeight;
    this.#render();
  }

  /** @param {string} id */
  #indexOf(id) {
    return this.#rows.findIndex((row) => row.id === id);
  }
}

/** @param {string} id */
const rowId = (id) => `row-${id}`;

/** @param {string} id */
const emptyRow = (id) =>
  element(
    'div',
    { id: rowId(id), role: 'treeitem', 'data-id': id },
    element('span', { class: 'twig', 'aria-hidden': 'true' }),
    element('span', { class: 'mark', 'aria-hidden': 'true' }),
    element('span', { class: 'name' }),
    element('span', { class: 'word' }),
    element('span', { class: 'owner' }),
  );

/**
 * @param {Element | undefined} part
 * @param {string} text
 */
const setText = (part, text) => {
  if (part && part.textContent !== text) part.textContent = text;
};

/**
 * Whose session it is: its labels, then its application.
 * @param {import('./world.js').Actor | undefined} session
 */
const ownerOf = (session) => {
  const { labels = [], applicationId = '' } = session?.context ?? {};
  return [...labels, applicationId].join(' · ');
};
