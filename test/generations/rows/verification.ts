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

const bearer = (setting: Setting, agentSessionId?: string) =>
  setting.world.token({ zone: setting.zone, ...(agentSessionId === undefined ? {} : { agentSessionId }) });

export const verificationRows: readonly Row[] = [
  {
    call: VERIFY,
    input: 'a valid token',
    ...same('200'),
    reads: { both: ['valid'], july: claims(JULY_CLAIMS), '1.0': claims(ONE_CLAIMS) },
    shows: { valid: true },
    send: async (setting) => setting.client.verify(await bearer(setting)),
  },
  {
    call: VERIFY,
    input: 'a token with a session, and the check for one',
    ...same('200'),
    reads: { july: ['claims.agentSessionId'], '1.0': ['claims.sessionId'] },
    send: async (setting) => setting.client.verify(await bearer(setting, await setting.session()), { session: true }),
  },
  {
    call: VERIFY,
    input: 'a token without a session, and the check for one',
    ...same('401 token_invalid'),
    reads: { both: ['valid'] },
    shows: { valid: false },
    send: async (setting) => setting.client.verify(await bearer(setting), { session: true }),
  },
  {
    call: VERIFY,
    input: 'a token without an edge, and the check for one',
    ...same('401 token_invalid'),
    send: async (setting) => setting.client.verify(await bearer(setting), { delegation: true }),
  },
  {
    call: VERIFY,
    input: 'a token whose session has ended',
    ...both('200'),
    ours: '401 token_invalid',
    reads: { both: ['reason'] },
    shows: { valid: false },
    send: async (setting) => {
      const session = await setting.session();
      const token = await bearer(setting, session);
      await setting.client.end(session);
      return setting.client.verify(token);
    },
  },
  {
    call: VERIFY,
    input: 'without `zone_id`',
    july: '200',
    one: '400 invalid_request',
    ours: '200',
    send: async (setting) =>
      setting.client.with({ token: null }).send('POST', '/v1/verify', { token: await bearer(setting) }),
  },
  {
    call: VERIFY,
    input: 'an unknown member',
    july: '200, the member is ignored',
    one: '400 invalid_request',
    ours: '400 invalid_request',
    reads: { both: ['valid'] },
    shows: { valid: false },
    send: async (setting) => {
      const body = { token: await bearer(setting), zone_id: setting.zone, require_sesion: true };
      return setting.client.with({ token: null }).send('POST', '/v1/verify', body);
    },
  },
  {
    call: VERIFY,
    input: 'a token that is a number',
    july: '400 invalid_body',
    one: '400 invalid_request',
    ours: '400 invalid_body',
    reads: { both: ['valid'] },
    send: (setting) =>
      setting.client.with({ token: null }).send('POST', '/v1/verify', { token: 7, zone_id: setting.zone }),
  },
  {
    call: VERIFY,
    input: 'no token',
    ...same('400 missing_token'),
    reads: { both: ['valid'] },
    shows: { valid: false },
    send: (setting) => setting.client.with({ token: null }).send('POST', '/v1/verify', { zone_id: setting.zone }),
  },
  {
    call: VERIFY,
    input: 'more than the limit a minute',
    ...same('429 rate_limited'),
    reads: { both: ['valid'] },
    world: 'counting',
    shows: { valid: false },
    send: async (setting) => {
      await setting.client.verify('none');
      return setting.client.verify('none');
    },
  },
];
