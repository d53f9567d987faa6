// The zone's own actor, its supervisor, which every other actor of the zone stands under: a button that says how it is.
import { byId, element } from './element.js';
import { lookOf } from './words.js';
import { status } from './world.js';

export class ZoneItself {
  #button = byId('zone-itself');
  #id = '';

  /**
   * @param {import('./world.js').World} world
   * @param {import('./selection.js').Selection} selection
   */
  constructor(world, selection) {
    this.world = world;
    this.selection = selection;
    this.#button.addEventListener('click', () => selection.choose(this.#id));
  }

  draw() {
    const [id = ''] = this.world.ids('zone');
    const actor = this.world.actor(id);
    this.#id = id;
    this.#button.hidden = actor === undefined;
    if (actor === undefined) return;
    const word = status(actor);
    const { mark, tone } = lookOf(word);
    const look = `zone-itself ${tone}${this.selection.id === id ? ' chosen' : ''}`;
    if (this.#button.className === look && this.#button.dataset['status'] === word) return;
    this.#button.className = look;
    this.#button.dataset['status'] = word;
    this.#button.replaceChildren(
      element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
      ' The zone itself: ',
      element('span', { class: 'word' }, word),
    );
  }
}
