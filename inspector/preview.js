// A command is looked at before it is sent: the coordinator says what it would reach, that part is lit, and only then is there a
// button. What it says is from the same plan that carries the command out.
import { byId, element } from './element.js';
import { counted, shortId } from './words.js';

/** @typedef {import('./machines.js').Command} Command */

export class Preview {
  #box = byId('preview');
  #result = byId('result');

  /**
   * @param {import('./api.js').Api} api
   * @param {import('./selection.js').Selection} selection
   */
  constructor(api, selection) {
    this.api = api;
    this.selection = selection;
  }

  /**
   * @param {Command} command one that the operator may send
   * @param {{ zone: string, id: string }} target
   * @param {HTMLElement} opener where the focus goes back to
   */
  async open(command, target, opener) {
    const { action, label } = command;
    if (!action) return;
    const path = action.path
      .replace('{zone}', encodeURIComponent(target.zone))
      .replace('{id}', encodeURIComponent(target.id));
    this.#result.textContent = '';
    try {
      const impact = await this.api.ask(`${path}?dry_run=true`, action.method);
      if (this.selection.id !== target.id) return;
      const reached = [...(impact.agent_session_ids ?? []), ...(impact.delegation_edge_ids ?? [])];
      this.selection.light(reached);
      this.#show(
        `${label} ${shortId(target.id)}: ${sentenceOf(impact)}`,
        label,
        () => this.#send(path, command),
        opener,
      );
    } catch (error) {
      this.#say(error);
    }
  }

  close() {
    this.#box.hidden = true;
    this.#box.replaceChildren();
    this.selection.light([]);
  }

  /**
   * @param {string} sentence
   * @param {string} label
   * @param {() => Promise<void>} send
   * @param {HTMLElement} opener
   */
  #show(sentence, label, send, opener) {
    const back = () => {
      this.close();
      opener.focus();
    };
    const confirm = element(
      'button',
      {
        type: 'button',
        class: 'danger',
        id: 'confirm',
        'aria-describedby': 'impact',
        // Once: a second click would be refused, and the refusal would stand where the success was.
        click: () => {
          confirm.disabled = true;
          void send();
        },
        // Whoever still holds the key that opened the preview has not read it.
        keydown: (event) => event.repeat && event.preventDefault(),
      },
      label,
    );
    const cancel = element('button', { type: 'button', id: 'cancel', click: back }, 'Cancel');
    this.#box.replaceChildren(element('p', { id: 'impact' }, sentence), confirm, cancel);
    this.#box.hidden = false;
    this.#box.onkeydown = (event) => {
      if (event.key === 'Escape') back();
    };
    confirm.focus();
  }

  /**
   * @param {string} path
   * @param {Command} command
   */
  async #send(path, { action, label }) {
    try {
      await this.api.ask(path, action?.method);
      this.#result.textContent = `${label}: done.`;
      byId('actor-title').focus();
    } catch (error) {
      this.#say(error);
    } finally {
      this.close();
    }
  }

  /** @param {unknown} error */
  #say(error) {
    this.#result.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {any} impact the answer of a dry run */
const sentenceOf = (impact) => {
  const sessions = impact.suspended ?? impact.resumed ?? impact.terminated ?? impact.terminated_agents ?? 0;
  const edges = (impact.revoked_edges ?? 0) + (impact.also_revoked_edges ?? 0);
  const parts = [counted(sessions, 'session')];
  if (edges > 0) parts.push(counted(edges, 'delegation edge'));
  const lit = (impact.agent_session_ids ?? []).length;
  const part = lit < sessions ? `${lit.toLocaleString('en')} of the sessions lit` : 'lit';
  return `reaches ${parts.join(' and ')}, ${part} on the left.`;
};
