// What callers send about delegated authority. What a constraint may be is decided with the delegation (each has a code of
// its own); here they are any value.
import { Type } from 'typebox';
import { EXAMPLE } from './examples.ts';
import { AnyJson, InstantOrNull, Name, orNull } from './primitives.ts';

const SCOPES_MAX = 256;
const SCOPE_LENGTH_MAX = 256;
const TTL_SECONDS_MAX = 86_400;

/** Compared byte for byte: what looks alike is not the same. */
const Scope = Type.String({ minLength: 1, maxLength: SCOPE_LENGTH_MAX, pattern: '^[^\\p{Cc}\\p{Cs}]+$' });
export const Scopes = Type.Array(Scope, { maxItems: SCOPES_MAX });

const terms = {
  issuer_application_id: Name,
  receiver_application_id: Name,
  parent_edge_id: Type.Optional(orNull(Name)),
  resource_id: Type.Optional(orNull(Name)),
  scopes: Type.Optional(Scopes),
  constraints: Type.Optional(AnyJson),
  constraints_json: Type.Optional(AnyJson),
  expires_at: Type.Optional(InstantOrNull),
  ttl_seconds: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: TTL_SECONDS_MAX }))),
};

const termsExample = {
  issuer_application_id: EXAMPLE.application,
  receiver_application_id: EXAMPLE.application,
  resource_id: EXAMPLE.resource,
  scopes: ['read'],
  constraints: { max_hops: 1 },
  ttl_seconds: 3600,
};

export const DelegateBody = Type.Object(
  { source_session_id: Name, target_session_id: Name, ...terms },
  {
    title: 'Delegate',
    examples: [{ source_session_id: EXAMPLE.session, target_session_id: EXAMPLE.child, ...termsExample }],
  },
);

/** The same under the names of the SDK. */
export const DelegateToAgentBody = Type.Object(
  { from_agent_session_id: Name, to_agent_session_id: Name, ...terms },
  {
    title: 'DelegateToAgent',
    examples: [{ from_agent_session_id: EXAMPLE.session, to_agent_session_id: EXAMPLE.child, ...termsExample }],
  },
);
