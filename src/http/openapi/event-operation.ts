// The stream of a zone's events, as the document tells of it. What it does is in `../events.ts`.
import { EventStreamText } from '../../schemas/answers-events.ts';
import { EventsQuery } from '../../schemas/events.ts';
import { FOLLOW } from '../refusal-groups.ts';
import type { Operation } from './operation.ts';

export const followZone: Operation = {
  operationId: 'followZone',
  summary: 'Follow what happens in the zone, as Server-Sent Events',
  method: 'GET',
  path: '/zones/:zoneId/events',
  callers: ['bearer', 'operator'],
  body: null,
  query: EventsQuery,
  headers: ['LastEventId', 'Prefer'],
  media: 'text/event-stream',
  tagged: false,
  answers: { 200: EventStreamText },
  refusals: FOLLOW,
  ofZone: true,
};
