// What is answered about delegated authority.
import { Type } from 'typebox';
import { answer, At, Count, Flag, Named, orNothing, listOf, Text, Texts, True, type AnswerSchema } from './answers.ts';
import { EXAMPLE } from './examples.ts';
import { oneOf } from './primitives.ts';

const Constraints = Type.Object(
  {
    resources: Type.Optional(Texts),
    max_hops: Type.Optional(Count),
    max_depth: Type.Optional(Count),
    ttl_seconds: Type.Optional(Count),
    budget: Type.Optional(Count),
    policy_approved: Type.Optional(Flag),
    broad_reason: Type.Optional(Text),
  },
  { title: 'Constraints' },
);

const terms = {
  zone_id: Text,
  source_session_id: Text,
  target_session_id: Text,
  issuer_application_id: Text,
  receiver_application_id: Text,
  parent_edge_id: orNothing(Text),
  resource_id: orNothing(Text),
  scopes: Texts,
  constraints_json: Constraints,
  status: oneOf(['active', 'revoked', 'expired']),
  expires_at: At,
  edge_version: Count,
  revoked_at: orNothing(At),
  created_at: At,
};

const termsExample = {
  zone_id: EXAMPLE.zone,
  source_session_id: EXAMPLE.session,
  target_session_id: EXAMPLE.child,
  issuer_application_id: EXAMPLE.application,
  receiver_application_id: EXAMPLE.application,
  parent_edge_id: null,
  resource_id: EXAMPLE.resource,
  scopes: ['read'],
  constraints_json: { max_hops: 1, max_depth: 1, ttl_seconds: 3600 },
  status: 'active',
  expires_at: '2026-01-01T13:00:00.000Z',
  edge_version: 1,
  revoked_at: null,
  created_at: EXAMPLE.at,
};

export const EdgePage = listOf(
  answer(
    'Edge',
    { id: Text, ...terms, broad_reason: orNothing(Text) },
    { id: EXAMPLE.edge, ...termsExample, broad_reason: null },
  ),
);

export const HeldEdge = answer(
  'HeldEdge',
  { id: Text, status: Type.Literal('active'), expires_at: At },
  { id: EXAMPLE.edge, status: 'active', expires_at: '2026-01-01T13:00:00.000Z' },
);

const Grant = Type.Object(
  {
    source_session_id: Text,
    target_session_id: Text,
    parent_edge_id: orNothing(Text),
    resource_id: orNothing(Text),
    resources: Texts,
    scopes: Texts,
    expires_at: At,
    max_hops: Count,
    ttl_seconds: orNothing(Count),
    budget: Count,
    broad: Flag,
    /** The parent edge first; at most `PARENT_EDGES_NAMED_MAX`. */
    parent_edges_considered: Texts,
  },
  { title: 'Grant' },
);

const granted = { warnings: Texts, allow_reason: Texts, effective_authority: Grant };

const grantedExample = {
  warnings: [],
  allow_reason: [
    'same_zone_endpoints_active',
    'resource_scope_checked',
    'source_authority_root',
    'typed_constraints_validated',
  ],
  effective_authority: {
    source_session_id: EXAMPLE.session,
    target_session_id: EXAMPLE.child,
    parent_edge_id: null,
    resource_id: EXAMPLE.resource,
    resources: [EXAMPLE.identifier],
    scopes: ['read'],
    expires_at: '2026-01-01T13:00:00.000Z',
    max_hops: 1,
    ttl_seconds: 3600,
    budget: 1,
    broad: false,
    parent_edges_considered: [],
  },
};

export const CreatedEdge = answer(
  'CreatedEdge',
  { delegation_edge_id: Text, ...terms, ...granted },
  { delegation_edge_id: EXAMPLE.edge, ...termsExample, ...grantedExample },
);

/** What a dry run says: the edge as it would be, which has no id yet. */
export const EdgeAsAsked = answer(
  'EdgeAsAsked',
  {
    dry_run: True,
    created: Count,
    delegation_edge_id: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    ...terms,
    ...granted,
  },
  { dry_run: true, created: 1, delegation_edge_id: null, ...termsExample, ...grantedExample },
);

export const Revoked = answer(
  'Revoked',
  {
    /** The edge and those downstream. */
    revoked_edges: Count,
    /** Edges that are not downstream and touch a session that ended. */
    also_revoked_edges: Count,
    affected_sessions: Count,
    terminated_agents: Count,
    /** 1.0's name of `terminated_agents`. */
    terminated_sessions: Count,
    graph_epoch: Type.Optional(Count),
    dry_run: Type.Optional(True),
    delegation_edge_ids: Type.Optional(Named),
    subject_session_ids: Type.Optional(Named),
    agent_session_ids: Type.Optional(Named),
  },
  {
    revoked_edges: 1,
    also_revoked_edges: 0,
    affected_sessions: 1,
    terminated_agents: 1,
    terminated_sessions: 1,
    graph_epoch: 2,
  },
);

const step = { id: EXAMPLE.edge, source_session_id: EXAMPLE.session, target_session_id: EXAMPLE.child, depth: 1 };

const Step = Type.Object(
  { id: Text, source_session_id: Text, target_session_id: Text, depth: Count },
  { title: 'Step' },
);

export const Traversal: AnswerSchema = Object.assign(Type.Array(Step), {
  title: 'Traversal',
  examples: [[step]] as const,
});

export const Impact = answer(
  'Impact',
  {
    edge_id: Text,
    affected_edges: Type.Array(Step),
    also_revoked_edges: Texts,
    affected_agents: Texts,
    /** 1.0's name of `affected_agents`. */
    affected_sessions: Texts,
    affected_subject_sessions: Texts,
    /** 1.0's name of `affected_subject_sessions`. */
    affected_authority_records: Texts,
    terminated_agents: Texts,
    /** 1.0's name of `terminated_agents`. */
    terminated_sessions: Texts,
    cancelled_invocations: Texts,
    next_cursor: orNothing(Text),
  },
  {
    edge_id: EXAMPLE.edge,
    affected_edges: [step],
    also_revoked_edges: [],
    affected_agents: [EXAMPLE.child],
    affected_sessions: [EXAMPLE.child],
    affected_subject_sessions: [EXAMPLE.subjectSession],
    affected_authority_records: [EXAMPLE.subjectSession],
    terminated_agents: [EXAMPLE.child],
    terminated_sessions: [EXAMPLE.child],
    cancelled_invocations: [],
    next_cursor: null,
  },
);
