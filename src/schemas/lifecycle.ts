// What the SDKs send to `/v1`: the same as to the routes of a zone, with the zone in the body.
import { Type, type Static, type TSchema } from 'typebox';
import { EXAMPLE } from './examples.ts';
import { DelegateBody, DelegateToAgentBody } from './delegation.ts';
import { Name, PATH_ID, Reason } from './primitives.ts';
import { LeaseGeneration, StartBody } from './session.ts';

const ZoneId = Type.String({ pattern: PATH_ID.source });
const Id = Type.String({ pattern: PATH_ID.source });

interface ObjectSchema {
  readonly properties: object;
  readonly required?: readonly string[];
  readonly examples?: readonly object[];
}

/** A body with the zone in it, under a title of its own. */
const inZone = <Body extends TSchema & ObjectSchema>(title: string, body: Body) =>
  Type.Unsafe<Static<Body> & { readonly zone_id: string }>({
    ...body,
    title,
    properties: { zone_id: ZoneId, ...body.properties },
    required: [...(body.required ?? []), 'zone_id'],
    examples: (body.examples ?? []).map((example) => ({ zone_id: EXAMPLE.zone, ...example })),
  });

export const BeginBody = inZone('Begin', StartBody);

const { parent_id: _parentId, ...child } = StartBody.properties;
export const SpawnChildBody = inZone(
  'SpawnChild',
  Type.Object(
    { ...child, parent_agent_session_id: Name },
    {
      examples: [{ application_id: EXAMPLE.application, parent_agent_session_id: EXAMPLE.session, labels: ['hotels'] }],
    },
  ),
);

export const EndBody = inZone(
  'End',
  Type.Object(
    { agent_session_id: Id, reason: Type.Optional(Reason), lease_generation: Type.Optional(LeaseGeneration) },
    { examples: [{ agent_session_id: EXAMPLE.session, reason: 'the trip was cancelled' }] },
  ),
);

export const ExchangeBody = inZone('Exchange', DelegateBody);

export const DelegateToExistingAgentBody = inZone('DelegateToExistingAgent', DelegateToAgentBody);

export const RevokeDelegationBody = inZone(
  'RevokeDelegation',
  Type.Object({ delegation_edge_id: Id }, { examples: [{ delegation_edge_id: EXAMPLE.edge }] }),
);

const Text = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const Flag = Type.Unsafe<boolean | null>({ type: ['boolean', 'null'] });

export const VerifyBody = Type.Object(
  {
    token: Type.Optional(Text),
    authorization: Type.Optional(Text),
    zone_id: Type.Optional(Text),
    required_scope: Type.Optional(Text),
    require_agent: Type.Optional(Flag),
    /** 1.0's name of `require_agent`. */
    require_session: Type.Optional(Flag),
    require_delegation: Type.Optional(Flag),
  },
  { title: 'Verify', additionalProperties: false, examples: [{ token: EXAMPLE.token, zone_id: EXAMPLE.zone }] },
);
