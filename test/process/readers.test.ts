// Many readers of one zone's stream while it changes as fast as it can: those that stay, those that are cut off again and again
// and come back, and those that begin from the start. Each is told every change once. `npm run bench -- readers` has a thousand.
import { expect } from 'chai';
import { CountingReader, total, type Stream } from '../world/counting-reader.ts';
import { Connection, inFolder, mintToken, ServerProcess } from './parts/server.ts';

const ZONE = 'z1';
const STAYING = 180;
const RETURNING = 10;
const FROM_THE_START = 10;
const SESSIONS = 50;
/** Of each session. */
const CHANGES = 50;
const CONNECTIONS = 10;

const AGENTS = `/zones/${ZONE}/agents`;

describe('many readers', function () {
  this.timeout(120_000);

  it('are each told every change once, also those that come back', () =>
    inFolder(async (folder) => {
      const server = await ServerProcess.start({ DATA_DIR: folder });
      const token = await mintToken(folder, ZONE, 'app-a');
      const path = `/zones/${ZONE}/events?topics=caracal.agents.lifecycle`;
      const stream: Stream = { port: Number(new URL(server.url).port), token, path };
      const open = (count: number, from?: number) =>
        Promise.all(
          Array.from({ length: count }, () =>
            CountingReader.open(from === undefined ? stream : { ...stream, lastEventId: from }),
          ),
        );

      const changes = new Changes(server.url, token);
      await changes.prepare();
      const staying = await open(STAYING);
      const returning = Array.from({ length: RETURNING }, () => new Returning(stream));
      const coming = returning.map((each) => each.comeAndGo(changes.end));
      const last = await changes.make();
      const starting = await open(FROM_THE_START, 0);

      await Promise.all([...staying, ...starting].map((reader) => reader.reaches(last)));
      await Promise.all(coming);
      const each = SESSIONS * CHANGES;
      expect(total(staying)).to.deep.equal({ events: STAYING * each, missed: 0, doubled: 0 });
      expect(total(starting)).to.deep.equal({ events: FROM_THE_START * last, missed: 0, doubled: 0 });
      for (const { readers } of returning) {
        expect(readers.length, 'readers cut off').to.be.greaterThan(2);
        expect(total(readers)).to.deep.equal({ events: each, missed: 0, doubled: 0 });
      }
      for (const reader of [...staying, ...starting]) reader.close();
      expect((await server.stop()).stderr, 'no listeners were left behind').to.equal('');
    }));
});

/** Each session suspended and resumed in turn; every change is one entry with one event. */
class Changes {
  readonly #connections: readonly Connection[];
  readonly #token: string;
  readonly #ids: string[] = [];

  constructor(url: string, token: string) {
    this.#connections = Array.from({ length: CONNECTIONS }, () => new Connection(url));
    this.#token = token;
  }

  /** The entry of the last change there will be. */
  get end(): number {
    return SESSIONS + SESSIONS * CHANGES;
  }

  async prepare(): Promise<void> {
    for (let n = 0; n < SESSIONS; n += 1) {
      const body = await this.#call(0, 'POST', AGENTS, { application_id: 'app-a' });
      this.#ids.push(String(body['agent_session_id']));
    }
  }

  async make(): Promise<number> {
    const turns = this.#connections.map(async (_, turn) => {
      const own = this.#ids.filter((_id, index) => index % CONNECTIONS === turn);
      for (let n = 0; n < CHANGES; n += 1) {
        for (const id of own) await this.#call(turn, 'PATCH', `${AGENTS}/${id}/${n % 2 === 0 ? 'suspend' : 'resume'}`);
      }
    });
    await Promise.all(turns);
    for (const connection of this.#connections) connection.close();
    return this.end;
  }

  async #call(turn: number, method: string, path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.#connections[turn]?.call(method, path, { token: this.#token, ...(body && { body }) });
    if (!answer || answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer?.status}`);
    return answer.body ?? {};
  }
}

/** One that is cut off after some events, and comes back from where it was. */
class Returning {
  readonly readers: CountingReader[] = [];
  readonly #stream: Stream;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  async comeAndGo(end: number): Promise<void> {
    let seen = SESSIONS;
    while (seen < end) {
      const reader = await CountingReader.open({ ...this.#stream, lastEventId: seen });
      this.readers.push(reader);
      await reader.reaches(Math.min(end, seen + Math.ceil(end / (5 + this.readers.length))));
      reader.close();
      seen = reader.last;
    }
  }
}
