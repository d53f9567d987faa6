// Where ids are made. Only the door calls this; below it an id is an argument.
import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';

export interface Ids {
  /** A UUIDv7 (RFC 9562, section 5.7), monotonic within this process, so that the newest sorts last. */
  next(): string;
  /** A random UUID for what is never sorted, such as a request. */
  random(): string;
}

export const uuidIds: Ids = { next: () => v7(), random: () => randomUUID() };
