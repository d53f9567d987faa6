// All sessions of a zone at a glance: a cell each, subtree after subtree, coloured and marked by state. It is a picture with a
// sentence for those who do not see it; whoever uses the keyboard goes by the tree beside it.
import { byId, element } from './element.js';
import { sessionsInOrder } from './sessions-order.js';
import { counted, lookOf, shortId } from './words.js';
import { status } from './world.js';

/** More would cost more to lay out than anybody can tell apart. */
const CELLS_MAX = 20_000;
/** Up to here there is room for cells that are easy to hit. */
const CELLS_FEW = 250;
/** From here on they are as small as can be told apart. */
const CELLS_MANY = 1_000;
/** A zone where sessions come and go all the time is put in order so often at most. */
const ORDER_EVERY_MS = 250;

export class Mosaic {
  #box = byId('mosaic');
  #said = byId('mosaic-said');
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map();
  #shape = -1;
  #orderedAt = -Infinity;
  #waiting = false;

  /**
   * @param {import('./world.js').World} world
   * @param {import('./selection.js').Selection} selection
   */
  constructor(world, selection) {
    this.world = world;
    this.selection = selection;
    this.#box.addEventListener('click', (event) => {
      const cell = /** @type {Element} */ (event.target).closest('[data-id]');
      if (cell instanceof HTMLElement) selection.choose(cell.dataset['id'] ?? '');
    });
  }

  draw() {
    if (this.world.shape !== this.#shape) this.#reorder();
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const [id, cell] of this.#cells) {
      const session = this.world.actor(id);
      if (!session) continue;
      const word = status(session);
      counts.set(word, (counts.get(word) ?? 0) + 1);
      this.#paint(cell, id, word);
    }
    this.#say(counts);
  }

  /**
   * @param {HTMLElement} cell
   * @param {string} id
   * @param {string} word
   */
  #paint(cell, id, word) {
    const affected = this.selection.affected.has(id) ? ' affected' : '';
    const chosen = this.selection.id === id ? ' chosen' : '';
    const look = `cell ${lookOf(word).tone}${affected}${chosen}`;
    if (cell.className === look) return;
    cell.className = look;
    cell.dataset['status'] = word;
    cell.title = `${shortId(id)} ${word}`;
  }

  #reorder() {
    const now = performance.now();
    const inMs = this.#orderedAt + ORDER_EVERY_MS - now;
    if (inMs > 0) return this.#reorderLater(inMs);
    this.#shape = this.world.shape;
    this.#orderedAt = now;
    const rows = sessionsInOrder(this.world, () => true).slice(0, CELLS_MAX);
    const wanted = new Set(rows.map(({ id }) => id));
    for (const [id, cell] of this.#cells) {
      if (wanted.has(id)) continue;
      cell.remove();
      this.#cells.delete(id);
    }
    this.#box.classList.toggle('few', rows.length <= CELLS_FEW);
    this.#box.classList.toggle('many', rows.length > CELLS_MANY);
    let place = this.#box.firstElementChild;
    for (const { id, depth } of rows) {
      const cell = this.#cells.get(id) ?? this.#cellOf(id);
      cell.dataset['depth'] = String(Math.min(depth, 3));
      if (cell === place) place = place.nextElementSibling;
      else this.#box.insertBefore(cell, place);
    }
  }

  /** @param {number} inMs */
  #reorderLater(inMs) {
    if (this.#waiting) return;
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      this.draw();
    }, inMs);
  }

  /** @param {string} id */
  #cellOf(id) {
    const cell = element('i', { 'data-id': id });
    this.#cells.set(id, cell);
    return cell;
  }

  /** @param {ReadonlyMap<string, number>} counts */
  #say(counts) {
    const all = this.world.ids('session').size;
    const parts = Array.from(
      [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ([word, count]) => `${count.toLocaleString('en')} ${word}`,
    );
    const shown = all > this.#cells.size ? `, ${this.#cells.size.toLocaleString('en')} of them shown` : '';
    const sentence =
      all === 0 ? this.world.noneOf('session') : `${counted(all, 'session')}: ${parts.join(', ')}${shown}`;
    if (this.#said.textContent === sentence) return;
    this.#said.textContent = sentence;
    this.#box.setAttribute('aria-label', sentence);
  }
}
