// What the person looks at: the actor that is chosen, and the actors that a command would reach while its preview is open.

const NOBODY = new Set();

export class Selection {
  id = '';
  /** @type {ReadonlySet<string>} */
  affected = NOBODY;
  /** @type {Set<() => void>} */
  #views = new Set();

  /** @param {() => void} draw */
  watch(draw) {
    this.#views.add(draw);
  }

  /** @param {string} id empty for nobody */
  choose(id) {
    if (this.id === id) return;
    this.id = id;
    this.affected = NOBODY;
    this.#tell();
  }

  /** @param {Iterable<string>} ids */
  light(ids) {
    this.affected = new Set(ids);
    this.#tell();
  }

  #tell() {
    for (const draw of this.#views) draw();
  }
}
