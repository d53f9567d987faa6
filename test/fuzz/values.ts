// Values for requests: those that fit a schema of the document, those that fit what a name stands for, and those that somebody
// might send who means no good.
import type { Random } from '../process/parts/random.ts';
import type { Json } from '../world/documented.ts';
import { APPLICATIONS, PASSING, SUBJECT_SESSIONS, type Known } from './known.ts';

export interface Setting {
  readonly zone: string;
  readonly known: Known;
  readonly random: Random;
  readonly now: number;
  readonly tokens: readonly string[];
  readonly components: Readonly<Record<string, Json>>;
}

const often = (random: Random, percent: number): boolean => random.below(100) < percent;

const application = ({ random }: Setting): string =>
  often(random, 85) ? 'app-a' : (random.of([...APPLICATIONS, ...PASSING]) ?? '');
const session = ({ known, random }: Setting): string => known.one('session', random);
const edge = ({ known, random }: Setting): string | null => (often(random, 80) ? null : known.one('edge', random));
const scopes = ({ random }: Setting): string[] => ['read', 'write', 'book'].filter(() => often(random, 40));
const instant = ({ random, now }: Setting): string => new Date(now + random.between(1, 7_200) * 1_000).toISOString();
const token = ({ random, tokens }: Setting): string => random.of(tokens) ?? '';
const metadata = ({ random }: Setting): object => ({
  [random.of(['trip', 'note', '__proto__']) ?? '']: freeForm(random),
});

/** What stands under a name, wherever it stands. */
const named: Readonly<Record<string, (setting: Setting) => unknown>> = {
  zone_id: ({ zone }) => zone,
  zone: ({ zone }) => zone,
  id: session,
  application_id: application,
  issuer_application_id: application,
  receiver_application_id: application,
  parent_id: (setting) => (often(setting.random, 60) ? session(setting) : null),
  parent_agent_session_id: session,
  agent_session_id: session,
  source_session_id: session,
  target_session_id: session,
  from_agent_session_id: session,
  to_agent_session_id: session,
  session_id: session,
  subject_session_id: ({ random }) => random.of([...SUBJECT_SESSIONS, 'dir-1']),
  service_id: ({ known, random }) => known.one('service', random),
  delegation_edge_id: ({ known, random }) => known.one('edge', random),
  parent_edge_id: edge,
  inherit_parent_edge_id: edge,
  resource_id: ({ random }) => random.of([...PASSING, 'urn:fuzz:hotels']),
  scopes,
  identifier: ({ random }) => `urn:fuzz:${random.below(5)}`,
  idempotency_key: ({ random }) => `key-${random.below(5_000)}`,
  endpoint_url: ({ random }) => `https://agent-${random.below(20)}.example/`,
  expires_at: instant,
  ttl_seconds: ({ random }) => random.between(60, 86_400),
  lease_generation: ({ random }) => random.between(1, 2),
  constraints: ({ random }) => ({ max_hops: random.between(1, 3), budget: random.between(1, 3) }),
  constraints_json: () => ({}),
  metadata,
  params: metadata,
  token,
  authorization: (setting) => `Bearer ${token(setting)}`,
  required_scope: () => 'agent:lifecycle',
  limit: ({ random }) => random.between(1, 500),
  cursor: session,
  dry_run: ({ random }) => (often(random, 30) ? 'true' : 'false'),
  topics: () => 'caracal.agents.lifecycle,caracal.sessions.revoke',
  from: () => '0',
};

/** A value for a field, by its name where that says more than its schema. */
export const valueOf = (name: string, schema: Json, setting: Setting): unknown =>
  (Object.hasOwn(named, name) ? named[name] : undefined)?.(setting) ?? fitting(schema, setting);

/** The schema that a reference names, or the schema itself. */
export const resolved = (schema: Json, { components }: Pick<Setting, 'components'>): Json => {
  const reference = schema['$ref'];
  return typeof reference === 'string' ? (components[reference.split('/').at(-1) ?? ''] ?? {}) : schema;
};

const TEXTS = ['a', 'Bern', 'tres jolie', 'ñandú', '日本', '🙂', 'x'.repeat(64), '<b>', "'; --", '${1}', '../..'];

/** Something that fits a schema, by the keywords that this document uses. */
const fitting = (unresolved: Json, setting: Setting): unknown => {
  const schema = resolved(unresolved, setting);
  const { random } = setting;
  const { enum: words, const: only, anyOf } = schema;
  if (only !== undefined) return only;
  if (Array.isArray(words)) return random.of(words);
  if (Array.isArray(anyOf)) return fitting((random.of(anyOf) ?? {}) as Json, setting);
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  if (type === 'integer' || type === 'number') return random.between(Number(schema['minimum'] ?? 0), mostOf(schema));
  if (type === 'boolean') return often(random, 50);
  if (type === 'array') return listOf(schema, setting);
  if (type === 'object') return objectOf(schema, setting);
  if (schema['format'] === 'date-time') return instant(setting);
  if (schema['format'] === 'uri') return 'https://agent.example/';
  return random.of(TEXTS);
};

const mostOf = ({ maximum }: Json): number => Math.min(Number(maximum ?? 1_000), 1_000_000);

const listOf = ({ items }: Json, setting: Setting): unknown[] =>
  Array.from({ length: setting.random.below(3) }, () => fitting((items ?? {}) as Json, setting));

const objectOf = (schema: Json, setting: Setting): unknown => {
  const { properties } = schema;
  if (properties === undefined) return { note: freeForm(setting.random) };
  const required = new Set((schema['required'] as readonly string[] | undefined) ?? []);
  const fields = Object.entries(properties as Readonly<Record<string, Json>>).filter(
    ([name]) => required.has(name) || often(setting.random, 40),
  );
  return Object.fromEntries(fields.map(([name, each]) => [name, valueOf(name, each, setting)]));
};

const freeForm = (random: Random): unknown => random.of([1, -0.5, true, null, 'text', [1, [2]], { a: { b: 'c' } }]);

/** Values that fit nowhere, or that some program somewhere could not take. */
export const hostile = (random: Random): unknown =>
  random.of<unknown>([
    null,
    true,
    0,
    -1,
    1.5,
    1e308,
    Number.MAX_SAFE_INTEGER + 1,
    2 ** 31,
    '',
    ' ',
    '0',
    '\0',
    'a\0b',
    '\r\nx-injected: 1',
    '\ud800',
    '\u202e\u200b',
    'x'.repeat(random.of([256, 257, 5_000, 40_000]) ?? 0),
    '__proto__',
    'constructor',
    'toString',
    '%00',
    '../../etc/passwd',
    '9999-12-31T23:59:59.999Z',
    '+275760-09-13T00:00:00.001Z',
    '2026-02-30T00:00:00Z',
    'http://user:secret@x/',
    'javascript:alert(1)',
    [],
    [[]],
    {},
    { toString: 1, valueOf: null },
    { length: -1 },
    JSON.parse('{"__proto__":{"polluted":true}}'),
    { constructor: { prototype: { polluted: true } } },
    Array.from({ length: random.of([33, 65, 257, 2_000]) ?? 0 }, () => 'x'),
    nested(random.of([63, 64, 65, 71, 72, 73, 500]) ?? 0),
  ]);

const nested = (levels: number): unknown => {
  let value: unknown = {};
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? { a: value } : [value];
  return value;
};
