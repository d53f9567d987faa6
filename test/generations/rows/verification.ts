// Verifying tokens.
import { both, same, type Row } from '../row.ts';
import type { Setting } from '../setting.ts';

const VERIFY = 'POST /v1/verify';
const JULY_CLAIMS = [
  'sub',
  'zoneId',
  'clientId',
  'sid',
  'rootSid',
  'use',
  'subType',
  'jti',
  'issuedAt',
  'expiresAt',
  'scope',
];
const ONE_CLAIMS = ['authorityRecordId', 'rootAuthorityRecordId'];
const claims = (names: readonly string[]) => names.map((name) => `claims.${name}`);

const bearer = (it: Setting, agentSessionId?: string) =>
  it.world.token({ zone: it.zone, ...(agentSessionId === undefined ? {} : { agentSessionId }) });

export const verificationRows: readonly Row[] = [
  {
    call: VERIFY,
    input: 'a good token',
    ...same('200'),
    reads: { both: ['valid'], july: claims(JULY_CLAIMS), '1.0': claims(ONE_CLAIMS) },
    shows: { valid: true },
    send: async (it) => it.client.verify(await bearer(it)),
  },
  {
    call: VERIFY,
    input: 'a token of a session, which is asked for',
    ...same('200'),
    reads: { july: ['claims.agentSessionId'], '1.0': ['claims.sessionId'] },
    send: async (it) => it.client.verify(await bearer(it, await it.session()), { session: true }),
  },
  {
    call: VERIFY,
    input: 'a token without a session, which is asked for',
    ...same('401 token_invalid'),
    reads: { both: ['valid'] },
    shows: { valid: false },
    send: async (it) => it.client.verify(await bearer(it), { session: true }),
  },
  {
    call: VERIFY,
    input: 'a token without an edge, which is asked for',
    ...same('401 token_invalid'),
    send: async (it) => it.client.verify(await bearer(it), { delegation: true }),
  },
  {
    call: VERIFY,
    input: 'a token whose session has ended',
    ...both('200'),
    ours: '401 token_invalid',
    reads: { both: ['reason'] },
    shows: { valid: false },
    send: async (it) => {
      const session = await it.session();
      const token = await bearer(it, session);
      await it.client.end(session);
      return it.client.verify(token);
    },
  },
  {
    call: VERIFY,
    input: 'without `zone_id`',
    july: '200',
    one: '400 invalid_request',
    ours: '200',
    send: async (it) => it.client.with({ token: null }).send('POST', '/v1/verify', { token: await bearer(it) }),
  },
  {
    call: VERIFY,
    input: 'an unknown member',
    july: '200, the member is ignored',
    one: '400 invalid_request',
    ours: '400 invalid_request',
    reads: { both: ['valid'] },
    shows: { valid: false },
    send: async (it) => {
      const body = { token: await bearer(it), zone_id: it.zone, require_sesion: true };
      return it.client.with({ token: null }).send('POST', '/v1/verify', body);
    },
  },
  {
    call: VERIFY,
    input: 'a token that is a number',
    july: '400 invalid_body',
    one: '400 invalid_request',
    ours: '400 invalid_body',
    reads: { both: ['valid'] },
    send: (it) => it.client.with({ token: null }).send('POST', '/v1/verify', { token: 7, zone_id: it.zone }),
  },
  {
    call: VERIFY,
    input: 'no token',
    ...same('400 missing_token'),
    reads: { both: ['valid'] },
    shows: { valid: false },
    send: (it) => it.client.with({ token: null }).send('POST', '/v1/verify', { zone_id: it.zone }),
  },
  {
    call: VERIFY,
    input: 'more than the limit a minute',
    ...same('429 rate_limited'),
    reads: { both: ['valid'] },
    world: 'counting',
    shows: { valid: false },
    send: async (it) => {
      await it.client.verify('none');
      return it.client.verify('none');
    },
  },
];
