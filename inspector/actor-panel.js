// Everything about the chosen actor: its chart with the current state lit, what may be sent to it and by whom, and its history.
import { ChartView } from './chart.js';
import { byId, element } from './element.js';
import { legalIn, machines } from './machines.js';
import { PathView } from './path.js';
import { Preview } from './preview.js';
import { kindName, lookOf, stateName } from './words.js';
import { sessionOf, status } from './world.js';

/** What is said of one that is no longer among the actors of the zone. */
const GONE = '◌ no longer in sight';

/** A busy actor's history is read again so often at most. */
const READ_EVERY_MS = 400;

export class ActorPanel {
  #title = byId('actor-title');
  #state = byId('actor-state');
  #facts = byId('facts');
  #commands = byId('commands');
  #chart = new ChartView();
  #path = new PathView(() => void this.#showState());
  #shownId = '';
  #shownSeq = -1;
  #shownState = '';
  /** What the chosen actor is, which is still known when it is gone. */
  #kind = '';
  #reading = false;

  /**
   * @param {import('./world.js').World} world
   * @param {import('./selection.js').Selection} selection
   * @param {import('./api.js').Api} api
   * @param {() => string} zone
   */
  constructor(world, selection, api, zone) {
    this.world = world;
    this.selection = selection;
    this.api = api;
    this.zone = zone;
    this.preview = new Preview(api, selection);
  }

  draw() {
    const { id } = this.selection;
    const actor = this.world.actor(id);
    byId('actor').hidden = id === '';
    if (id !== this.#shownId) this.#other();
    if (!actor) {
      // While everything is told again, an actor may only not have been told yet.
      if (id !== '' && this.world.synced !== null) this.#showGone();
      return;
    }
    const seq = Number(actor.context['seq'] ?? 0);
    this.#kind = actor.kind;
    this.#title.textContent = `${kindName(actor.kind)} ${id}`;
    byId('elsewhere').hidden = sessionOf(actor) === null;
    byId('scrubbing').hidden = byId('history').hidden = !HISTORIED.has(actor.kind);
    const word = status(actor);
    const said = `${lookOf(word).mark} ${stateName(actor.value)}${actor.ended ? ', ended' : ''}`;
    if (this.#state.textContent !== said) this.#state.textContent = said;
    if (seq === this.#shownSeq && this.#shownState === said) return;
    this.#shownSeq = seq;
    this.#shownState = said;
    this.#showFacts(actor);
    void this.#showState();
    this.#readSoon();
  }

  #other() {
    this.#shownId = this.selection.id;
    this.#shownSeq = -1;
    this.#kind = '';
    this.#shownState = '';
    this.#path.show([], { isOther: true, reachesNow: true });
    this.#chart.clear();
    this.preview.close();
    byId('result').textContent = '';
  }

  /** It ended while the page was away, or so long ago that it is out of sight: its history is what there is. */
  #showGone() {
    if (this.#shownState === GONE || this.#kind === '') return;
    this.#shownState = GONE;
    this.#shownSeq = -1;
    this.#state.textContent = GONE;
    this.preview.close();
    void this.#showState();
    this.#readSoon();
  }

  /** @param {import('./world.js').Actor} actor */
  #showFacts({ context }) {
    const shown = Object.entries(context).filter(([, value]) => value !== null && value !== undefined);
    this.#facts.replaceChildren(
      ...shown.flatMap(([name, value]) => [
        element('dt', {}, name),
        element(
          'dd',
          {},
          name.endsWith('At') ? instant(value) : typeof value === 'object' ? JSON.stringify(value) : String(value),
        ),
      ]),
    );
  }

  async #showState() {
    const { id } = this.selection;
    const described = (await machines())[this.#kind];
    if (!described || this.selection.id !== id) return;
    const actor = this.world.actor(id);
    const { step, isLast } = this.#path.current;
    const live = actor ? stateName(actor.value) : (step?.state ?? '');
    const state = isLast || !step ? live : step.state;
    const taken = step?.from && step.event ? { from: step.from, event: step.event, state: step.state } : null;
    await this.#chart.show(described.machine, state, taken);
    this.#showCommands(!actor || actor.ended || !isLast ? [] : legalIn(described, live), isLast);
  }

  /**
   * @param {ReturnType<typeof legalIn>} legal
   * @param {boolean} isNow
   */
  #showCommands(legal, isNow) {
    const key = JSON.stringify([legal, isNow, this.selection.id]);
    if (this.#commands.dataset['key'] === key) return;
    this.#commands.dataset['key'] = key;
    const none = isNow ? 'It takes no commands in this state.' : 'This is the past: nothing can be sent to it.';
    this.#commands.replaceChildren(
      ...(legal.length === 0 ? [element('li', {}, none)] : legal.map((each) => this.#item(each))),
    );
  }

  /** @param {ReturnType<typeof legalIn>[number]} legal */
  #item({ command, guard }) {
    const { label, who, action } = command;
    const target = { zone: this.zone(), id: this.selection.id };
    const button = action
      ? element('button', { type: 'button', 'data-command': command.command }, `${label}…`)
      : element('span', { class: 'label' }, label);
    if (action) button.addEventListener('click', () => void this.preview.open(command, target, button));
    const when = guard === null ? '' : ` (only if ${guard})`;
    return element(
      'li',
      {},
      button,
      element(
        'span',
        { class: 'who' },
        `by ${[...(action ? ['the operator'] : []), ...who.map((each) => each.replace('{app}', this.#owner()))].join(', ')}${when}`,
      ),
    );
  }

  /** The application whose actor it is, where that is shown. */
  #owner() {
    const context = this.world.actor(this.selection.id)?.context ?? {};
    return String(context['issuerApplicationId'] ?? context['applicationId'] ?? '<application>');
  }

  #readSoon() {
    if (this.#reading) return;
    this.#reading = true;
    setTimeout(() => void this.#read(), this.#path.current.step ? READ_EVERY_MS : 0);
  }

  async #read() {
    const { id } = this.selection;
    const seq = this.#shownSeq;
    try {
      if (!HISTORIED.has(this.#kind)) return;
      const zone = encodeURIComponent(this.zone());
      const { steps, reaches_now: reachesNow } = await this.api.ask(
        `inspector/path?zone=${zone}&kind=${this.#kind}&id=${encodeURIComponent(id)}`,
      );
      if (this.selection.id !== id) return;
      this.#path.show(steps, { isOther: false, reachesNow });
      await this.#showState();
    } catch (error) {
      byId('result').textContent = error instanceof Error ? error.message : String(error);
    } finally {
      this.#reading = false;
      if (this.#shownSeq !== seq || this.selection.id !== id) this.#readSoon();
    }
  }
}

const HISTORIED = new Set(['session', 'invocation', 'edge']);

/** @param {unknown} ms */
const instant = (ms) => (typeof ms === 'number' ? new Date(ms).toISOString() : String(ms));
