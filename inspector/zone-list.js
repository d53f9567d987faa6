// The zones that the coordinator knows, each with what lives there.
import { byId, element } from './element.js';
import { counted, lookOf } from './words.js';

const READ_EVERY_MS = 3_000;

/** @typedef {{ zone: string, state: string, reason: string | null, live: Readonly<Record<string, number>> }} ZoneSeen */

export class ZoneList {
  #following = false;
  #shown = '';

  /**
   * @param {import('./api.js').Api} api
   * @param {(zone: string) => void} choose
   */
  constructor(api, choose) {
    this.api = api;
    this.choose = choose;
  }

  /** Rejects with `Refused` where the token is not the operator's. */
  async read() {
    const { items, next_cursor: more } = await this.api.ask('inspector/zones');
    const shown = JSON.stringify([items, more]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const focused = document.activeElement?.getAttribute('data-zone');
    byId('zones').replaceChildren(
      ...items.map((/** @type {ZoneSeen} */ { zone }) => element('option', { value: zone })),
    );
    byId('zone-cards').replaceChildren(...items.map((/** @type {ZoneSeen} */ each) => this.#card(each)));
    byId('zone-list-said').textContent = said(items.length, more !== null);
    const again = [...document.querySelectorAll('#zone-cards [data-zone]')].find(
      (card) => card.getAttribute('data-zone') === focused,
    );
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /**
   * Keeps it fresh while it is in sight.
   * @param {(why: string | null) => void} onRead null where it is as fresh as it gets, else why it is not
   */
  follow(onRead) {
    if (this.#following) return;
    this.#following = true;
    const next = async () => {
      const why = await this.#reread();
      this.#following = !byId('zone-list').hidden;
      if (!this.#following) return;
      onRead(why);
      setTimeout(() => void next(), READ_EVERY_MS);
    };
    void next();
  }

  /** Why it could not be read; null where it could. */
  async #reread() {
    try {
      await this.read();
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** @param {ZoneSeen} seen */
  #card({ zone, state, reason, live }) {
    const counts = Object.entries(live).filter(([, count]) => count > 0);
    const { mark, tone } = lookOf(state);
    return element(
      'li',
      {},
      element(
        'button',
        { type: 'button', class: `zone ${tone}`, 'data-zone': zone, click: () => this.choose(zone) },
        element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        element('strong', {}, zone),
        ` ${state}`,
        element('span', { class: 'counts' }, counts.map(([kind, count]) => counted(count, kind)).join(', ')),
        reason === null ? null : element('span', { class: 'reason' }, reason),
      ),
    );
  }
}

/**
 * @param {number} count
 * @param {boolean} isMore
 */
const said = (count, isMore) => {
  if (count === 0) return 'No zone has been used yet. A zone appears with its first session.';
  return isMore ? `The first ${count}; any other opens by its name, above.` : '';
};
