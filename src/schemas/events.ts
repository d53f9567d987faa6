// What callers say when they follow the changes of a zone.
import { Type } from 'typebox';

const TOPICS_LENGTH_MAX = 256;

/** A place in a zone's journal: the sequence of an entry, and within one that makes several events the place of one. */
export const EVENT_ID = /^(0|[1-9][0-9]{0,14})(?:\.(0|[1-9][0-9]{0,6}))?$/;

export const EventsQuery = Type.Object({
  /** Topics separated by commas; all where none is named. */
  topics: Type.Optional(Type.String({ minLength: 1, maxLength: TOPICS_LENGTH_MAX })),
  /** The last event seen. */
  from: Type.Optional(Type.String({ pattern: EVENT_ID.source })),
});
