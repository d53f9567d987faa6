// What is told on the stream of a zone's events: the stream as a whole, and each event in it by its topic.
import { Type, type TProperties } from 'typebox';
import { answer, Count, Named, Text, Texts, type AnswerSchema, type TextSchema } from './answers.ts';
import { EVENT_ID } from './events.ts';
import { EXAMPLE } from './examples.ts';
import { oneOf } from './primitives.ts';

const TopicEvent = (title: string, topic: string, fields: TProperties, example: object): AnswerSchema =>
  answer(
    title,
    {
      id: Type.String({ pattern: EVENT_ID.source }),
      event: Type.Literal(topic),
      data: Type.Object({ ...fields, trace_id: Type.Optional(Text) }),
    },
    { id: '2', event: topic, data: example },
  );

const zoneId = { zone_id: Text };
const ofZone = { zone_id: EXAMPLE.zone };

const SessionEvent = TopicEvent(
  'SessionEvent',
  'caracal.agents.lifecycle',
  {
    event: oneOf(['spawn', 'suspend', 'resume', 'terminate']),
    ...zoneId,
    agent_session_id: Text,
    parent_id: Type.Union([Text, Type.Null()]),
    application_id: Type.Optional(Text),
    reason: Type.Optional(Text),
  },
  {
    event: 'spawn',
    ...ofZone,
    agent_session_id: EXAMPLE.session,
    parent_id: null,
    application_id: EXAMPLE.application,
  },
);

const INVOCATION_WORDS = ['created', 'started', 'cancel_requested', 'canceled', 'succeeded', 'failed', 'timed_out'];

const InvocationEvent = TopicEvent(
  'InvocationEvent',
  'caracal.invocations.lifecycle',
  {
    event: oneOf(INVOCATION_WORDS.map((word) => `invocation.${word}`)),
    ...zoneId,
    service_id: Type.Optional(Text),
    invocation_id: Text,
  },
  { event: 'invocation.created', ...ofZone, service_id: EXAMPLE.service, invocation_id: EXAMPLE.invocation },
);

const DelegationEvent = TopicEvent(
  'DelegationEvent',
  'caracal.delegations.invalidate',
  {
    event: oneOf(['edge_create', 'edge_revoke', 'edge_expire']),
    ...zoneId,
    edge_id: Text,
    source_session_id: Type.Optional(Text),
    target_session_id: Type.Optional(Text),
    /** The id of an expired edge, as a list: the reference reports all edges of a sweep in it. */
    edge_ids: Type.Optional(Texts),
    /** In the first message of a revocation: the number of revoked edges, and at most `IDS_NAMED_MAX` of their ids. */
    affected_edges: Type.Optional(Count),
    affected_edge_ids: Type.Optional(Named),
    epoch: Count,
  },
  {
    event: 'edge_create',
    ...ofZone,
    edge_id: EXAMPLE.edge,
    source_session_id: EXAMPLE.session,
    target_session_id: EXAMPLE.child,
    epoch: 2,
  },
);

const SubjectRevocation = TopicEvent(
  'SubjectRevocation',
  'caracal.sessions.revoke',
  {
    ...zoneId,
    // Present if the whole login must be revoked; absent if only the session or the edge must be.
    session_id: Type.Optional(Text),
    /** A session that was suspended or has ended. For an edge, present only if its target session ended with it. */
    agent_session_id: Type.Optional(Text),
    /** An edge that was revoked or has expired, or with which the session started. */
    delegation_edge_id: Type.Optional(Text),
    /** The target session of an edge. Consumers do not refuse it because of this member. */
    target_session_id: Type.Optional(Text),
    reason: Type.Optional(Text),
  },
  {
    ...ofZone,
    session_id: EXAMPLE.subjectSession,
    agent_session_id: EXAMPLE.session,
    reason: 'requested',
  },
);

const ZoneEvent = Type.Unsafe<object>({
  title: 'ZoneEvent',
  anyOf: [SessionEvent, InvocationEvent, DelegationEvent, SubjectRevocation],
});

/** Server-Sent Events are text to JSON Schema, which can say what stands in it (2020-12, section 8 of the validation part). */
export const EventStreamText: TextSchema = Object.assign(
  Type.Unsafe<string>({
    type: 'string',
    description: 'A `retry`, then one event after the other; a comment now and then says that the stream lives.',
    contentMediaType: 'text/event-stream',
    contentSchema: Type.Array(ZoneEvent),
  }),
  {
    title: 'EventStream',
    examples: [
      `retry: 1000\n\nid: 2\nevent: caracal.agents.lifecycle\ndata: ${JSON.stringify(SessionEvent.examples[0])}\n\n`,
    ] as const,
  },
);
