// What the SDKs send to `/v1`: the same as to the routes of a zone, with the zone in the body.
import { Type, type Static, type TSchema } from 'typebox';
import { DelegateBody, DelegateToAgentBody } from './delegation.ts';
import { Name, PATH_ID, Reason } from './primitives.ts';
import { StartBody } from './session.ts';

const ZoneId = Type.String({ pattern: PATH_ID.source });
const Id = Type.String({ pattern: PATH_ID.source });

interface ObjectSchema {
  readonly properties: object;
  readonly required?: readonly string[];
}

const inZone = <Body extends TSchema & ObjectSchema>(body: Body) =>
  Type.Unsafe<Static<Body> & { readonly zone_id: string }>({
    ...body,
    properties: { ...body.properties, zone_id: ZoneId },
    required: [...(body.required ?? []), 'zone_id'],
  });

export const BeginBody = inZone(StartBody);

const { parent_id: _parentId, ...child } = StartBody.properties;
export const SpawnChildBody = inZone(
  Type.Object(
    { ...child, parent_agent_session_id: Name },
    {
      if: { properties: { lifecycle: { const: 'service' } }, required: ['lifecycle'] },
      then: { properties: { ttl_seconds: { type: 'null' } } },
    },
  ),
);

export const EndBody = inZone(Type.Object({ agent_session_id: Id, reason: Type.Optional(Reason) }));

export const ExchangeBody = inZone(DelegateBody);

export const DelegateToExistingAgentBody = inZone(DelegateToAgentBody);

export const RevokeDelegationBody = inZone(Type.Object({ delegation_edge_id: Id }));

const Text = Type.Unsafe<string | null>({ type: ['string', 'null'] });
const Flag = Type.Unsafe<boolean | null>({ type: ['boolean', 'null'] });

export const VerifyBody = Type.Object({
  token: Type.Optional(Text),
  authorization: Type.Optional(Text),
  zone_id: Type.Optional(Text),
  required_scope: Type.Optional(Text),
  require_agent: Type.Optional(Flag),
  require_delegation: Type.Optional(Flag),
});
