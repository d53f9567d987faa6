// Everything the document promises, asked of a real server: each status of each operation is brought about by a request, and
// every answer on the way is held to the schemas of the document.
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { openApiDocument } from '../../src/http/openapi/document.ts';
import { EXAMPLE } from '../../src/schemas/examples.ts';
import { World, type Answered } from '../world/world.ts';
import { BODY_LIMIT_BYTES, caseOf, RARE, writtenCases, type Case } from './conformance-cases.ts';
import { Documented, type DocumentedOperation } from '../world/documented.ts';
import { Stage, type Request } from './stage.ts';

const { operations } = new Documented(openApiDocument(true));

/** What stands in a path, by the part before it. */
const NAMED_IN: Readonly<Record<string, string>> = {
  agents: EXAMPLE.session,
  inbound: EXAMPLE.child,
  outbound: EXAMPLE.session,
  invocations: EXAMPLE.invocation,
  delegations: EXAMPLE.edge,
  '{sessionId}': EXAMPLE.edge,
  applications: EXAMPLE.application,
  'subject-sessions': EXAMPLE.subjectSession,
  resources: EXAMPLE.resource,
};

const ON_THE_WORKER = /\/(?:heartbeat|lease)$/;

const idIn = (path: string): string => {
  if (ON_THE_WORKER.test(path)) return EXAMPLE.worker;
  return NAMED_IN[/(?<kind>[^/]+)\/\{id\}/.exec(path)?.groups?.['kind'] ?? ''] ?? '';
};

/** The request of the example, as the case changes it. */
const requestOf = (operation: DocumentedOperation, { id, query, body, headers, token }: Case): Request => {
  const path = operation.path
    .replace('{zoneId}', EXAMPLE.zone)
    .replace('{sessionId}', EXAMPLE.child)
    .replace('{id}', id ?? idIn(operation.path));
  const example = exampleOf(operation);
  const payload = typeof body === 'string' ? body : (example || body) && { ...example, ...(body as object) };
  const opensIt = operation.told.security.some((each) => 'bearer' in each) ? 'application' : 'operator';
  return {
    method: operation.method,
    path: query === undefined ? path : `${path}?${query}`,
    // A media type is refused only where there is a body that has one.
    ...(payload === undefined && !headers?.['content-type'] ? {} : { body: payload ?? {} }),
    headers: headers ?? {},
    token: token ?? (operation.told.security.length === 0 ? 'nobody' : opensIt),
  };
};

const exampleOf = ({ told }: DocumentedOperation) => told.requestBody?.content['application/json']?.example;

describe('the API as its document tells it', () => {
  let world: World;
  let documented: Documented;
  before(async () => {
    world = await World.create({
      COORDINATOR_BODY_LIMIT_BYTES: String(BODY_LIMIT_BYTES),
      MAX_AGENT_DEPTH: '1',
    });
    documented = await Documented.of(world);
  });
  after(() => world.destroy());

  const play = async (operation: DocumentedOperation, asked: Case): Promise<Answered> => {
    const stage = await (asked.bare ? Stage.empty(world) : Stage.set(world));
    const { code: _code, body: _body, id: _id, query: _query, ...rest } = asked;
    const same = requestOf(operation, rest);
    for (const first of asked.before ?? []) {
      const { status, text } = await stage.send(first(same));
      if (status >= 300) throw new Error(`could not be prepared: ${text}`);
    }
    return stage.send(requestOf(operation, asked));
  };

  for (const operation of operations) {
    const { id, method, path, told } = operation;
    describe(`${id}: ${method} ${path}`, () => {
      for (const status of Object.keys(told.responses).map(Number)) {
        const asked = caseOf(operation, status);
        if (!asked && status in RARE) continue;
        it(`answers ${[status, asked?.code ?? ''].join(' ').trim()}`, async () => {
          if (!asked) throw new Error('no case says how this comes about, and it is not listed as rare');
          const answered = await play(operation, asked);
          const got = { status: answered.status, code: answered.body['error'] };
          expect(got, answered.text).to.deep.equal({ status, code: asked.code });
          expect(documented.problems(operation, answered), answered.text).to.deep.equal([]);
        });
      }
    });
  }

  it('has no case for what is not documented', () => {
    const told = new Set(
      operations.flatMap(({ id, told: { responses } }) => Object.keys(responses).map((s) => id + s)),
    );
    expect(writtenCases.filter(([id, status]) => !told.has(`${id}${status}`))).to.deep.equal([]);
  });

  it('sends every example as it stands, and has it answered with success', () => {
    const untried = operations.filter((operation) => {
      const successes = Object.keys(operation.told.responses).filter((status) => status < '300');
      return !successes.some((status) => caseOf(operation, Number(status))?.body === undefined);
    });
    expect(untried).to.deep.equal([]);
  });

  it('names the tests that show what is rare', () => {
    expect(Object.values(RARE).flatMap(({ shownIn }) => shownIn.filter((file) => !existsSync(file)))).to.deep.equal([]);
  });
});
