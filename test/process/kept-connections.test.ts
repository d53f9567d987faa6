// A stop under load, as clients with kept connections see it: each is informed that the server drains, no connection is reset,
// and acknowledged changes exist afterwards.
import { Agent, request } from 'node:http';
import { expect } from 'chai';
import { inFolder, mintToken, Connection, ServerProcess } from './parts/server.ts';

const CLIENTS = 24;
const AGENTS = '/zones/z1/agents';
const BODY = JSON.stringify({ application_id: 'app-a' });

interface Heard {
  /** The status, or the code of the error. */
  readonly outcome: string;
  readonly isLast: boolean;
  readonly id: string;
}

/** Sends one request over a kept connection, if there is one. */
const start = (url: string, token: string, agent: Agent): Promise<Heard> =>
  new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const sent = request(`${url}${AGENTS}`, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('error', () => resolve({ outcome: 'cut off', isLast: true, id: '' }));
      answer.on('end', () => {
        const { agent_session_id: id = '' } = JSON.parse(text) as { readonly agent_session_id?: string };
        resolve({ outcome: String(answer.statusCode), isLast: answer.headers.connection === 'close', id });
      });
    });
    sent.on('error', ({ code }: NodeJS.ErrnoException) =>
      resolve({ outcome: sent.reusedSocket ? `${code} on a kept connection` : 'no connection', isLast: true, id: '' }),
    );
    sent.end(BODY);
  });

/** Every client got a complete answer: a success, or the refusal of a server that drains. */
const isAnsweredOnly = (outcomes: readonly string[]): boolean =>
  outcomes.every((outcome) => /^(?:201|503)$/.test(outcome));

describe('a stop under load', function () {
  this.timeout(60_000);

  it('resets no kept connection, and loses nothing that was acknowledged', () =>
    inFolder(async (dataDir) => {
      const server = await ServerProcess.start({ DATA_DIR: dataDir, MAX_AGENTS_PER_APP: '1000000' });
      const token = await mintToken(dataDir, 'z1', 'app-a');
      const heard: Heard[] = [];
      let isStopping = false;
      const client = async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        for (let last: Heard | null = null; last?.isLast !== true;) {
          last = await start(server.url, token, agent);
          heard.push(last);
          if (heard.length === CLIENTS * 10 && !isStopping) {
            isStopping = true;
            server.signal('SIGTERM');
          }
        }
        agent.destroy();
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      expect(await server.exited).to.deep.equal({ code: 0, signal: null, stderr: '' });
      expect([...new Set(heard.map(({ outcome }) => outcome))].toSorted()).to.satisfy(isAnsweredOnly);

      const next = await ServerProcess.start({ DATA_DIR: dataDir });
      const connection = new Connection(next.url);
      for (const { id } of heard.filter(({ outcome }) => outcome === '201'))
        expect(await connection.call('GET', `${AGENTS}/${id}`, { token })).to.include({ status: 200 });
      connection.close();
      await next.stop();
    }));
});
