// Who hands authority to whom: the active edges and those that lapsed a moment ago, drawn in layers, with a list of the same
// edges for the keyboard and for screen readers. A large graph is shown around what is chosen.
import { Graph, layout } from './dagre.js';
import { byId, element, svgById, svgElement } from './element.js';
import { counted, lookOf, shortId } from './words.js';
import { status } from './world.js';

/** What can be read in one picture, and laid out without anybody noticing. */
const EDGES_MAX = 150;
const NODE = { width: 112, height: 30 };
/** A graph that changes all the time is laid out so often at most. */
const LAYOUT_EVERY_MS = 500;

/** @typedef {import('./world.js').Actor} Actor */

export class Delegations {
  #picture = svgById('graph');
  #list = byId('edges');
  #said = byId('graph-said');
  #drawn = '';
  #drawnAt = -Infinity;
  #waiting = false;
  /** Which edges are shown where not all are. */
  #which = '';

  /**
   * @param {import('./world.js').World} world
   * @param {import('./selection.js').Selection} selection
   */
  constructor(world, selection) {
    this.world = world;
    this.selection = selection;
    for (const box of [this.#picture, this.#list])
      box.addEventListener('click', (event) => {
        const chosen = /** @type {Element} */ (event.target).closest('[data-id]');
        if (chosen) selection.choose(chosen.getAttribute('data-id') ?? '');
      });
  }

  draw() {
    const edges = this.#edgesShown();
    const shown = edges.map(({ id }) => id).join(' ');
    if (shown !== this.#drawn && !this.#soonAgain()) {
      this.#drawn = shown;
      this.#drawnAt = performance.now();
      this.#lay(edges);
    }
    this.#paint();
    const all = this.world.ids('edge').size;
    if (this.#picture.parentElement) this.#picture.parentElement.hidden = all === 0;
    const part = all > edges.length ? `, ${edges.length} of them shown, ${this.#which}` : '';
    this.#said.textContent =
      all === 0 ? this.world.noneOf('delegation edge') : `${counted(all, 'delegation edge')}${part}`;
  }

  #soonAgain() {
    const inMs = this.#drawnAt + LAYOUT_EVERY_MS - performance.now();
    if (inMs <= 0) return false;
    if (!this.#waiting) {
      this.#waiting = true;
      setTimeout(() => {
        this.#waiting = false;
        this.draw();
      }, inMs);
    }
    return true;
  }

  /** @returns {Actor[]} */
  #edgesShown() {
    const all = [...this.world.ids('edge')].map((id) => this.world.actor(id)).filter((edge) => edge !== undefined);
    if (all.length <= EDGES_MAX) return all;
    const near = this.#nearest(all);
    this.#which = near.length > 0 ? 'nearest to what is chosen' : 'the newest';
    if (near.length > 0) return near;
    // What has lapsed is only in sight for a while, and takes no place from what counts.
    const lapsed = all.filter(({ ended }) => ended);
    return [...lapsed, ...all.filter(({ ended }) => !ended)].slice(-EDGES_MAX);
  }

  /**
   * The edges around what is chosen, nearest first.
   * @param {readonly Actor[]} all
   */
  #nearest(all) {
    /** @type {Map<string, Actor[]>} */
    const touching = new Map();
    for (const edge of all) for (const end of endsOf(edge)) touching.set(end, [...(touching.get(end) ?? []), edge]);
    const chosen = this.world.actor(this.selection.id);
    const queue = chosen?.kind === 'edge' ? endsOf(chosen) : [this.selection.id];
    /** @type {Set<Actor>} */
    const found = new Set(chosen?.kind === 'edge' ? [chosen] : []);
    const seen = new Set(queue);
    for (const session of queue) {
      for (const edge of touching.get(session) ?? []) {
        if (found.size === EDGES_MAX) return [...found];
        found.add(edge);
        for (const end of endsOf(edge)) {
          if (seen.has(end)) continue;
          seen.add(end);
          queue.push(end);
        }
      }
    }
    return [...found];
  }

  /** @param {readonly Actor[]} edges */
  #lay(edges) {
    const graph = new Graph({ multigraph: true });
    graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56, marginx: 12, marginy: 12 });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const edge of edges) {
      const [source, target] = endsOf(edge);
      for (const id of [source, target]) if (!graph.hasNode(id)) graph.setNode(id, { ...NODE });
      graph.setEdge(source, target, {}, edge.id);
    }
    layout(graph);
    const { width = 0, height = 0 } = graph.graph();
    this.#picture.setAttribute('viewBox', `0 0 ${Math.max(width, 1)} ${Math.max(height, 1)}`);
    this.#picture.setAttribute('width', String(width));
    this.#picture.setAttribute('height', String(height));
    const arrows = graph.edges().map((each) => arrowOf(String(each.name), graph.edge(each).points));
    const boxes = graph.nodes().map((id) => nodeOf(id, graph.node(id)));
    this.#picture.replaceChildren(arrowHead(), ...arrows, ...boxes);
    this.#listAnew(edges);
  }

  /** An edge that the focus is on keeps it. @param {readonly Actor[]} edges */
  #listAnew(edges) {
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    const id = focused?.getAttribute('data-id');
    const items = edges.map(itemOf);
    this.#list.replaceChildren(...items);
    const again = id && items.find((item) => item.firstElementChild?.getAttribute('data-id') === id)?.firstElementChild;
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  #paint() {
    for (const shape of [...this.#picture.querySelectorAll('[data-id]'), ...this.#list.querySelectorAll('[data-id]')]) {
      const id = shape.getAttribute('data-id') ?? '';
      const actor = this.world.actor(id);
      const word = actor ? status(actor) : 'terminated';
      shape.setAttribute('data-status', word);
      shape.classList.toggle('affected', this.selection.affected.has(id));
      shape.classList.toggle('chosen', this.selection.id === id);
      for (const tone of ['good', 'held', 'over', 'bad', 'waiting'])
        shape.classList.toggle(tone, lookOf(word).tone === tone);
      const told = shape.querySelector('.word');
      if (told && told.textContent !== word) told.textContent = word;
    }
  }
}

/**
 * @param {Actor} edge
 * @returns {[string, string]}
 */
const endsOf = ({ context }) => [String(context['sourceSessionId']), String(context['targetSessionId'])];

const arrowHead = () =>
  svgElement(
    'defs',
    {},
    svgElement(
      'marker',
      {
        id: 'head',
        viewBox: '0 0 8 8',
        refX: 7,
        refY: 4,
        markerUnits: 'userSpaceOnUse',
        markerWidth: 9,
        markerHeight: 9,
        orient: 'auto-start-reverse',
      },
      svgElement('path', { d: 'M0 0 L8 4 L0 8 z', class: 'head' }),
    ),
  );

/**
 * @param {string} id
 * @param {readonly { x: number, y: number }[]} points
 */
const arrowOf = (id, points) => {
  const d = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' ');
  return svgElement('path', { d, class: 'arrow', 'data-id': id, 'marker-end': 'url(#head)' });
};

/**
 * @param {string} id
 * @param {{ x: number, y: number }} at
 */
const nodeOf = (id, { x, y }) =>
  svgElement(
    'g',
    { 'data-id': id, class: 'node', transform: `translate(${x - NODE.width / 2} ${y - NODE.height / 2})` },
    svgElement('rect', { ...NODE, rx: 7 }),
    svgElement('text', { x: NODE.width / 2, y: 19, 'text-anchor': 'middle' }, shortId(id)),
  );

/** @param {Actor} edge */
const itemOf = (edge) => {
  const [source, target] = endsOf(edge);
  return element(
    'li',
    {},
    element(
      'button',
      { type: 'button', 'data-id': edge.id, class: 'edge' },
      `${shortId(source)} → ${shortId(target)} `,
      element('span', { class: 'word' }, status(edge)),
    ),
  );
};
