// What is answered to anybody: health, readiness, public keys, what a token says, and this very document.
import { Type } from 'typebox';
import { answer, Count, False, Flag, orNothing, Text, True, Data } from './answers.ts';
import { EXAMPLE } from './examples.ts';

export const Health = answer('Health', { ok: True }, { ok: true });

/** `disputed` while the wall clock differs from the time of the process by more than a step. */
const ClockState = Type.Object(
  {
    state: Type.Union([Type.Literal('agreed'), Type.Literal('disputed')]),
    wall_ahead_ms: Type.Optional(Type.Number()),
    disputed_since: Type.Optional(Text),
  },
  { title: 'ClockState' },
);

/** A zone that serves although some of its stored data is damaged. */
const DamagedZone = Type.Object({ zone: Text, findings: Count, reason: Text });

/** The progress of the background check of stored data since the start. */
const ScrubState = Type.Object({
  bytes_read: Count,
  zones_checked: Count,
  passes: Count,
  completed_at: orNothing(Text),
});

export const Ready = answer(
  'Ready',
  {
    ok: True,
    zones_awake: Count,
    zones_faulted: Type.Array(Data),
    zones_damaged: Type.Array(DamagedZone),
    keys_unusable: Type.Array(Data),
    scrub: ScrubState,
    clock: ClockState,
  },
  {
    ok: true,
    zones_awake: 1,
    zones_faulted: [],
    zones_damaged: [],
    keys_unusable: [],
    scrub: { bytes_read: 0, zones_checked: 0, passes: 0, completed_at: null },
    clock: { state: 'agreed' },
  },
);

export const NotReady = answer(
  'NotReady',
  {
    ok: False,
    error: Type.Optional(Text),
    dependency: Type.Optional(Text),
    draining: Type.Optional(Flag),
    read_only: Type.Optional(
      Type.Object({ reason: Text, takes: Type.Union([Type.Literal('lessening'), Type.Literal('nothing')]) }),
    ),
  },
  { ok: false, draining: true },
);

/** A JWK set (RFC 7517, section 5). */
export const KeySet = answer(
  'KeySet',
  { keys: Type.Array(Data) },
  {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        alg: 'ES256',
        use: 'sig',
        kid: 'z1',
      },
    ],
  },
);

const Claim = Type.Unknown();

/** One session of a delegation chain. */
const Hop = Type.Object(
  { applicationId: Text, agentSessionId: Type.Optional(Text), delegationEdgeId: Type.Optional(Text) },
  { title: 'Hop' },
);

export const Verified = answer(
  'Verified',
  {
    valid: True,
    claims: Type.Object(
      {
        sub: Text,
        zoneId: Text,
        clientId: Text,
        sid: Text,
        authorityRecordId: Text,
        rootSid: Text,
        rootAuthorityRecordId: Text,
        use: Text,
        subType: Text,
        jti: Claim,
        issuedAt: Claim,
        expiresAt: Type.Number(),
        scope: Text,
        targetResources: Type.Optional(Claim),
        agentSessionId: Type.Optional(orNothing(Text)),
        sessionId: Type.Optional(orNothing(Text)),
        delegationEdgeId: Type.Optional(orNothing(Text)),
        delegationId: Type.Optional(orNothing(Text)),
        sourceSessionId: Type.Optional(Claim),
        targetSessionId: Type.Optional(Claim),
        delegationPath: Type.Optional(Claim),
        delegationChain: Type.Optional(Type.Array(Hop)),
        graphEpoch: Type.Optional(Claim),
        hopCount: Type.Optional(Claim),
      },
      { title: 'Claims' },
    ),
  },
  {
    valid: true,
    claims: {
      sub: 'tester',
      zoneId: EXAMPLE.zone,
      clientId: EXAMPLE.application,
      sid: EXAMPLE.subjectSession,
      authorityRecordId: EXAMPLE.subjectSession,
      rootSid: EXAMPLE.subjectSession,
      rootAuthorityRecordId: EXAMPLE.subjectSession,
      use: 'session',
      subType: 'user',
      jti: EXAMPLE.requestId,
      issuedAt: 1_767_268_800,
      expiresAt: 1_767_272_400,
      scope: 'agent:lifecycle',
    },
  },
);

/** A token that is not valid now, with the `reason` if there is one; or a request that cannot be answered. */
export const NotVerified = answer(
  'NotVerified',
  { valid: False, error: Text, reason: Type.Optional(Text), details: Type.Optional(Data) },
  { valid: false, error: 'token_invalid', reason: 'session_suspended' },
);

/** `Document` in OpenAPI 3.1.1, section 4.8.1: no more of it than a reader needs to know it by. */
export const OpenApi = answer(
  'OpenApi',
  { openapi: Text, info: Data, servers: Type.Array(Data), tags: Type.Array(Data), paths: Data, components: Data },
  {
    openapi: '3.1.1',
    info: { title: 'Agent Coordinator', version: '0.1.0' },
    servers: [{ url: '/' }],
    tags: [],
    paths: {},
    components: {},
  },
);
