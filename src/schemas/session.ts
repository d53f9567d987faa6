// What callers send about agent sessions.
import { Type } from 'typebox';
import { EXAMPLE } from './examples.ts';
import { FreeForm, Name, oneOf, orNull, page, QueryFlag, QueryText, Reason } from './primitives.ts';

export const TASK_TTL_SECONDS_DEFAULT = 3600;
const TTL_SECONDS_MAX = 86_400;
const LABELS_MAX = 32;
const LABEL_LENGTH_MAX = 64;

const Label = Type.Unsafe<string>({
  type: 'string',
  pattern: '^[^\\p{Cc}\\p{Cs}]*$',
  trimmedLength: [1, LABEL_LENGTH_MAX],
});

export const StartBody = Type.Object(
  {
    application_id: Name,
    subject_session_id: Type.Optional(orNull(Name)),
    parent_id: Type.Optional(orNull(Name)),
    lifecycle: Type.Optional(oneOf(['task', 'service'])),
    labels: Type.Optional(Type.Array(Label, { maxItems: LABELS_MAX })),
    ttl_seconds: Type.Optional(orNull(Type.Integer({ minimum: 1, maximum: TTL_SECONDS_MAX }))),
    parent_authority: Type.Optional(oneOf(['inherit', 'none'])),
    inherit_parent_edge_id: Type.Optional(orNull(Name)),
    metadata: Type.Optional(FreeForm),
  },
  {
    title: 'StartSession',
    examples: [
      {
        application_id: EXAMPLE.application,
        subject_session_id: EXAMPLE.subjectSession,
        parent_id: EXAMPLE.session,
        labels: ['hotels'],
        ttl_seconds: 600,
        metadata: { trip: 'T-1' },
      },
    ],
  },
);

export const LeaseGeneration = orNull(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));

export const TerminateBody = Type.Object(
  { lease_generation: Type.Optional(LeaseGeneration) },
  { title: 'TerminateSession', examples: [{ lease_generation: 1 }] },
);

export const DryRunQuery = Type.Object({ dry_run: Type.Optional(QueryFlag) });

export const TerminateQuery = Type.Object({ reason: Type.Optional(Reason), dry_run: Type.Optional(QueryFlag) });

const status = Type.Optional(oneOf(['active', 'suspended', 'terminated', 'expired']));
const lifecycle = Type.Optional(oneOf(['task', 'service']));
export const SessionsQuery = Type.Object({
  status,
  lifecycle,
  application_id: Type.Optional(QueryText),
  label: Type.Optional(QueryText),
  ...page,
});

export const ChildrenQuery = Type.Object({ status, lifecycle, label: Type.Optional(QueryText), ...page });
