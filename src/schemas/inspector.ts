// What those say who want to look at actors, and the ticket that opens a WebSocket for one of them.
import { Type, type Static } from 'typebox';
import { answer, At, Text } from './answers.ts';
import { EXAMPLE } from './examples.ts';
import { PATH_ID, QueryFlag } from './primitives.ts';

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
