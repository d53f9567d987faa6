// A server with a small heap accepts edges of the maximum size, lists them to concurrent readers, and restarts with all of
// them.
import { expect } from 'chai';
import { PAGE_BYTES_MAX } from '../../src/limits.ts';
import { Connection, inFolder, mintToken, ServerProcess, type Answered } from './parts/server.ts';

const HEAP_MIB = 192;
const EDGES = 500;
const WRITERS = 8;
const READERS = 2;

/** Scopes that fill an edge except for its names. */
const SCOPES = Array.from({ length: 80 }, (_, index) => `${index}.`.padEnd(256, '中'));

const start = (dataDir: string): Promise<ServerProcess> =>
  ServerProcess.start({ DATA_DIR: dataDir, NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` });

type Call = (method: string, path: string, body?: object) => Promise<Answered>;

/** Calls over a connection of their own. */
const caller = ({ url }: ServerProcess, token: string): Call => {
  const connection = new Connection(url);
  return (method, path, body) => connection.call(method, path, { token, ...(body && { body }) });
};

describe('a server with a small heap', function () {
  this.timeout(120_000);

  it('survives 500 of the largest edges, lists of them, and a restart', () =>
    inFolder(async (dataDir) => {
      const server = await start(dataDir);
      const token = await mintToken(dataDir, 'z1', 'app-a');
      const call = caller(server, token);
      const [source, target] = [await session(call), await session(call)];
      const left = Array.from({ length: EDGES }).values();
      const create = async (each: Call) => {
        for (const _ of left) await edge(each, source, target);
      };
      await Promise.all(Array.from({ length: WRITERS }, () => create(caller(server, token))));

      const path = `/zones/z1/delegations/inbound/${target}`;
      const listed = await Promise.all(Array.from({ length: READERS }, () => idsOf(caller(server, token), path)));
      for (const ids of listed) expect(new Set(ids).size).to.equal(EDGES);
      expect(await server.stop()).to.deep.equal({ code: 0, signal: null, stderr: '' });

      const next = await start(dataDir);
      expect(await idsOf(caller(next, token), path)).to.deep.equal(listed[0]);
      await next.stop();
    }));
});

const session = async (call: Call): Promise<string> => {
  const { body } = await call('POST', '/zones/z1/agents', { application_id: 'app-a' });
  return String(body?.['agent_session_id']);
};

const edge = async (call: Call, source: string, target: string): Promise<void> => {
  const parties = { issuer_application_id: 'app-a', receiver_application_id: 'app-a' };
  const ends = { source_session_id: source, target_session_id: target, ...parties };
  const terms = { resource_id: 'r', scopes: SCOPES, ttl_seconds: 3_600 };
  const { status, body } = await call('POST', '/zones/z1/delegations', { ...ends, ...terms });
  expect(status, JSON.stringify(body).slice(0, 200)).to.equal(201);
};

interface EdgePage {
  readonly items: readonly { readonly id: string }[];
  readonly next_cursor: string | null;
}

/** The ids of all pages, none of which is larger than a page may be. */
const idsOf = async (call: Call, path: string): Promise<string[]> => {
  const ids: string[] = [];
  let query = '?limit=500';
  for (let isMore = true; isMore;) {
    const { status, body } = await call('GET', `${path}${query}`);
    expect(status).to.equal(200);
    expect(Buffer.byteLength(JSON.stringify(body))).to.be.at.most(PAGE_BYTES_MAX);
    const { items, next_cursor: next } = body as unknown as EdgePage;
    ids.push(...items.map(({ id }) => id));
    query = `?limit=500&cursor=${next}`;
    isMore = next !== null;
  }
  return ids;
};
