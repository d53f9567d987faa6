// What those say who want to look at actors, and the ticket that opens a WebSocket for one of them.
import { Type, type Static } from 'typebox';
import { answer, At, Count, Flag, listOf, orNothing, Text } from './answers.ts';
import { EXAMPLE } from './examples.ts';
import { oneOf, PATH_ID, QueryFlag } from './primitives.ts';

const NAMES_LENGTH_MAX = 1_024;
const TICKET_LENGTH_MAX = 128;

const id = Type.String({ pattern: PATH_ID.source });

export const InspectorQuery = Type.Object({
  zone: id,
  /** Only this agent session with what is below it and what touches those. */
  session: Type.Optional(id),
  /** Whether events are sent too, and every snapshot. */
  events: Type.Optional(QueryFlag),
  /** Fields to show beside those that anybody may see, separated by commas. */
  show: Type.Optional(Type.String({ minLength: 1, maxLength: NAMES_LENGTH_MAX })),
  /** Says who opens a WebSocket. */
  ticket: Type.Optional(Type.String({ minLength: 1, maxLength: TICKET_LENGTH_MAX })),
});

export type InspectorQuery = Static<typeof InspectorQuery>;

export const InspectorTicket = answer(
  'InspectorTicket',
  { ticket: Text, expires_at: At },
  { ticket: 'wUu3sBlm1HZl5xCsoF0cJk5M1mW4jdYy3Tl8r2Yx7kQ', expires_at: EXAMPLE.at },
);

export const PathQuery = Type.Object({ zone: id, kind: oneOf(['session', 'invocation', 'edge']), id });

const ZoneSeen = answer(
  'ZoneSeen',
  {
    zone: Text,
    /** As its supervisor is; `asleep` where it is not in memory. */
    state: Text,
    reason: orNothing(Text),
    /** Live actors by kind; of a zone that is asleep nothing is known. */
    live: Type.Record(Type.String(), Count),
  },
  { zone: EXAMPLE.zone, state: 'serving', reason: null, live: { session: 3, service: 1, invocation: 1, edge: 1 } },
);

export const ZonesSeen = listOf(ZoneSeen);

export const ActorPath = answer(
  'ActorPath',
  {
    steps: Type.Array(
      Type.Object(
        {
          seq: Count,
          at: At,
          entry: Text,
          event: orNothing(Text),
          from: orNothing(Text),
          state: Text,
          by: orNothing(Type.Object({ client_id: orNothing(Text), subject: Text }, { title: 'Sender' })),
        },
        { title: 'PathStep' },
      ),
    ),
    /** Whether the first of them is where the actor began, and the last where it is. */
    complete: Flag,
    /** Whether the last of them is where the actor is. */
    reaches_now: Flag,
  },
  {
    steps: [
      {
        seq: 1,
        at: EXAMPLE.at,
        entry: 'session.started',
        event: null,
        from: null,
        state: 'active',
        by: { client_id: EXAMPLE.application, subject: 'tester' },
      },
    ],
    complete: true,
    reaches_now: true,
  },
);
