// One session with what belongs to it, shown in the hosted Stately Inspector: this page reads the coordinator's socket and hands
// each message on to the inspector's window, which answers by itself as soon as it is ready. Nothing leaves before a click.
import { Refused } from './api.js';
import { byId, frameById } from './element.js';

/** How long the inspector may take to say that it is there. */
const ANSWER_MOST_MS = 12_000;
const RETRY_MS = 2_000;

/** Where it is; the coordinator's own page says so. */
const ADDRESS = document.querySelector('meta[name="stately-inspector"]')?.getAttribute('content') ?? '';

/** @typedef {{ readonly zone: string, readonly id: string, readonly session: string | null }} Target the actor, and the session it is or stands on */

export class StatelyBridge {
  #said = byId('stately-said');
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {(() => void) | null} */
  #close = null;
  #shown = '';

  /**
   * @param {import('./api.js').Api} api
   * @param {() => Target} target
   */
  constructor(api, target) {
    this.api = api;
    this.target = target;
    byId('stately').addEventListener('click', () => this.#open(this.#popup()));
    byId('stately-here').addEventListener('click', () => this.#open(this.#frame()));
  }

  /** Ends what is shown where another actor is looked at now. @param {string} id */
  closeUnless(id) {
    if (this.#shown !== id) this.close();
  }

  /** Ends what is shown; the inspector keeps what it has. */
  close() {
    this.#close?.();
    this.#close = null;
  }

  #popup() {
    const opened = window.open('', 'xstateinspector');
    return { window: () => opened, go: () => opened?.location.replace(ADDRESS), end: () => {} };
  }

  #frame() {
    return {
      window: () => frameById('stately-frame').contentWindow,
      go: () => {
        const frame = frameById('stately-frame');
        frame.hidden = false;
        frame.src = ADDRESS;
      },
      // Another in its place: a frame whose address is taken away goes to nowhere by and by, past the next address it is given.
      end: () => {
        const frame = frameById('stately-frame');
        const fresh = /** @type {HTMLIFrameElement} */ (frame.cloneNode());
        fresh.hidden = true;
        fresh.removeAttribute('src');
        frame.replaceWith(fresh);
      },
    };
  }

  /** @param {{ window: () => Window | null, go: () => void, end: () => void }} place */
  #open(place) {
    this.close();
    if (!place.window())
      return this.#say('The browser did not open the window. Allow popups for this page, or show it here.');
    const { origin } = new URL(ADDRESS);
    const target = this.target();
    this.#shown = target.id;
    this.#say('Waiting for the Stately Inspector…');
    const late = setTimeout(() => this.#say(UNANSWERED), ANSWER_MOST_MS);
    /** @param {MessageEvent} event */
    const hear = (event) => {
      if (event.source !== place.window() || event.origin !== origin) return;
      if (event.data?.type !== '@statelyai.connected') return;
      clearTimeout(late);
      this.#follow(target, (frame) => place.window()?.postMessage(frame, origin));
    };
    window.addEventListener('message', hear);
    const closed = setInterval(() => place.window()?.closed !== false && this.close(), 1_000);
    this.#close = () => {
      clearTimeout(late);
      clearInterval(closed);
      window.removeEventListener('message', hear);
      const socket = this.#socket;
      this.#socket = null;
      socket?.close();
      place.window()?.postMessage({ type: '@statelyai.disconnected' }, origin);
      place.end();
      this.#say('');
    };
    place.go();
  }

  /**
   * Hands on every frame, and what there is again after a break.
   * @param {Target} target
   * @param {(frame: unknown) => void} post
   */
  #follow(target, post) {
    const { zone, session } = target;
    // The inspector was loaded anew: it knows nothing, and is told everything again.
    this.#socket?.close();
    const socket = this.api.socket(
      `inspector/ws?zone=${encodeURIComponent(zone)}&session=${encodeURIComponent(session ?? '')}`,
    );
    this.#socket = socket;
    socket.onmessage = ({ data }) => post(JSON.parse(data));
    socket.onclose = async () => {
      if (this.#socket !== socket) return;
      const refused = await this.#refusal(target);
      if (this.#socket !== socket) return;
      if (refused) return this.#say(refused.message);
      this.#say('The coordinator does not answer. Trying again…');
      setTimeout(() => this.#socket === socket && this.#follow(target, post), RETRY_MS);
    };
    socket.onopen = () => this.#say('Shown in the Stately Inspector, live.');
  }

  /** Why nothing will come, where that is so: a socket does not say why it was closed. @param {Target} target */
  async #refusal({ zone, session }) {
    try {
      await this.api.ask(`zones/${encodeURIComponent(zone)}/agents/${encodeURIComponent(session ?? '')}`);
      return null;
    } catch (error) {
      return error instanceof Refused && error.isFinal ? error : null;
    }
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.#said.textContent = sentence;
  }
}

const UNANSWERED =
  'The Stately Inspector did not answer: you may be offline, or it may be blocked. The chart on this page shows the same states.';
