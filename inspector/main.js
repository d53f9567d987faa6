// Puts the page together: who is signed in, which zone is shown, and how fresh what is shown is.
import { ActorPanel } from './actor-panel.js';
import { Api, Refused } from './api.js';
import { Calls } from './calls.js';
import { Delegations } from './delegations.js';
import { byId, inputById } from './element.js';
import { Mosaic } from './mosaic.js';
import { Selection } from './selection.js';
import { StatelyBridge } from './stately.js';
import { Stream } from './stream.js';
import { Tree } from './tree.js';
import { sessionOf, World } from './world.js';
import { ZoneItself } from './zone-itself.js';
import { ZoneList } from './zone-list.js';

/** Kept for as long as the tab is open, so that a reload need not ask again. */
const TOKEN = 'operator-token';
const FRESH_EVERY_MS = 1_000;

const line = byId('line-said');
/** Apart from the line: it counts seconds, which nobody wants read out. */
const age = byId('line-age');

/** @param {string} said */
const say = (said) => {
  if (line.textContent !== said) line.textContent = said;
};

class Board {
  world = new World();
  selection = new Selection();
  zone = '';
  /** @type {Stream | null} */
  #stream = null;
  #heardAt = 0;
  #state = '';

  /** @param {Api} api */
  constructor(api) {
    this.api = api;
    const target = () => {
      const { id } = this.selection;
      return { zone: this.zone, id, session: sessionOf(this.world.actor(id)) };
    };
    const views = [
      new ZoneItself(this.world, this.selection),
      new Mosaic(this.world, this.selection),
      new Tree(this.world, this.selection),
      new Delegations(this.world, this.selection),
      new Calls(this.world, this.selection, 'service'),
      new Calls(this.world, this.selection, 'invocation'),
      new ActorPanel(this.world, this.selection, api, () => this.zone),
    ];
    for (const view of views) {
      this.world.watch(() => view.draw());
      this.selection.watch(() => view.draw());
    }
    const bridge = new StatelyBridge(api, target);
    this.selection.watch(() => this.selection.affected.size === 0 && bridge.closeUnless(this.selection.id));
    setInterval(() => this.#sayFresh(), FRESH_EVERY_MS);
  }

  /** @param {string} zone */
  show(zone) {
    this.#stream?.stop();
    this.zone = zone;
    this.selection.choose('');
    this.world.clear();
    this.#stream = new Stream(
      this.api,
      `inspector/stream?zone=${encodeURIComponent(zone)}&show=applicationId,issuerApplicationId,labels`,
      {
        onOpen: () => this.world.clear(),
        onFrame: (frame) => this.world.take(frame),
        onHeard: () => (this.#heardAt = performance.now()),
        onLine: (state, why) => {
          this.#state = state;
          this.#heardAt = performance.now();
          document.body.dataset['line'] = state;
          age.textContent = '';
          say(sayLine(state, why));
        },
      },
    );
  }

  hide() {
    this.#stream?.stop();
    this.#state = this.zone = '';
  }

  #sayFresh() {
    if (this.#state !== 'live') return;
    const seconds = Math.round((performance.now() - this.#heardAt) / 1000);
    const { state } = this.world;
    const zone =
      state === 'serving' || state === '' ? '' : `. The zone is ${state === 'readOnly' ? 'read-only' : state}`;
    say(`Live${zone}`);
    age.textContent = seconds < 2 ? '' : `, last heard ${seconds} s ago`;
  }
}

/**
 * @param {import('./stream.js').Line} state
 * @param {string} why
 */
const sayLine = (state, why) => {
  if (state === 'live') return 'Live';
  if (state === 'connecting') return 'Connecting…';
  return state === 'lost' ? `Not live: ${why} Trying again…` : `Not live: ${why}`;
};

/** The zone that an address names; none where it names nothing that could be one. @param {string} hash */
const zoneOf = (hash) => {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return '';
  }
};

/** How fresh the list of zones is. @param {string | null} why null where it is fresh */
const sayListed = (why) => {
  document.body.dataset['line'] = why === null ? 'listed' : 'lost';
  say(why === null ? 'Signed in' : sayLine('lost', why));
};

/** @param {string} token */
const signIn = async (token) => {
  const api = new Api(token);
  const zones = new ZoneList(api, (zone) => (location.hash = `#${encodeURIComponent(zone)}`));
  await zones.read();
  sessionStorage.setItem(TOKEN, token);
  byId('sign-in').hidden = true;
  byId('zone-form').hidden = byId('sign-out').hidden = false;
  const board = new Board(api);
  const go = () => {
    const zone = zoneOf(location.hash);
    byId('zone-list').hidden = zone !== '';
    byId('board').hidden = zone === '';
    const field = inputById('zone');
    field.value = zone;
    if (zone !== '') return board.show(zone);
    board.hide();
    age.textContent = '';
    sayListed(null);
    zones.follow(sayListed);
  };
  window.addEventListener('hashchange', go);
  go();
};

byId('zone-form').addEventListener('submit', (event) => {
  event.preventDefault();
  location.hash = `#${encodeURIComponent(inputById('zone').value.trim())}`;
});

byId('sign-out').addEventListener('click', () => {
  sessionStorage.removeItem(TOKEN);
  location.hash = '';
  location.reload();
});

// The address names the zone, and nothing but the zone.
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('tree').focus();
});

byId('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  const field = inputById('token');
  void enter(field.value.trim());
});

/** @param {string} token */
const enter = async (token) => {
  const said = byId('sign-in-said');
  said.textContent = '';
  try {
    await signIn(token);
  } catch (error) {
    const isWrong = error instanceof Refused && (error.status === 401 || error.code === 'operator_token_required');
    // A coordinator that is away says nothing against the token.
    if (isWrong) sessionStorage.removeItem(TOKEN);
    said.textContent = isWrong ? 'That is not the operator token.' : `It did not work: ${String(error)}`;
    byId('token').focus();
  }
};

const known = sessionStorage.getItem(TOKEN);
if (known) void enter(known);
else byId('token').focus();
