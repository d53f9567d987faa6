// The keys of a zone in the snapshot store: a snapshot per live actor and per row of the directory, and the archive.
// What ages lies a second time under the instant it has aged from, so that what is oldest is found first.
import type { Instant } from '../../../machines/words.ts';
import type { ActorKind } from '../actors/codec.ts';

/** What leaves memory and is counted, a table each. */
export const ARCHIVE_TABLES = ['session', 'invocation', 'edge', 'child', 'inbound', 'outbound', 'receipt'] as const;
export type ArchiveTable = (typeof ARCHIVE_TABLES)[number];

/** Which tables list, under a session, what it had: children, edges to it, edges from it. */
export type Listing = 'child' | 'inbound' | 'outbound';

/** What is forgotten when it is old enough. */
export const AGING = ['session', 'invocation', 'edge', 'receipt'] as const satisfies readonly ArchiveTable[];
export type Aging = (typeof AGING)[number];

const DIGITS = 16;
const padded = (number: number): string => String(number).padStart(DIGITS, '0');

export const keys = {
  checkpoint: 'checkpoint',
  /** The record of a checkpoint that is being rebuilt. */
  building: 'building',
  /** `id` is the table and the name: see `rowId`. */
  row: (id: string) => `live/directory/${id}`,
  live: (kind: ActorKind, id: string) => `live/${kind}/${id}`,
  archive: (table: ArchiveTable, id: string) => `archive/${table}/${id}`,
  under: (table: Listing, ownerId: string, id: string) => `archive/${table}/${ownerId}/${id}`,
  age: (what: Aging, mark: string) => `age/${what}/${mark}`,
  history: (id: string, seq: number) => `history/${id}/${padded(seq)}`,
} as const;

export const prefixes = {
  live: 'live/',
  archive: 'archive/',
  ages: 'age/',
  liveOf: (kind: ActorKind) => `live/${kind}/`,
  rows: 'live/directory/',
  archiveOf: (table: ArchiveTable) => `archive/${table}/`,
  listOf: (table: Listing, ownerId: string) => `archive/${table}/${ownerId}/`,
  ageOf: (what: Aging) => `age/${what}/`,
  histories: 'history/',
  historyOf: (id: string) => `history/${id}/`,
} as const;

/** Where something stands in the order of age: marks compare as the instants do. */
export const ageMark = (at: Instant, id: string): string => `${padded(at)}/${id}`;

export const readAgeMark = (mark: string): { readonly at: Instant; readonly id: string } => ({
  at: Number(mark.slice(0, DIGITS)),
  id: mark.slice(DIGITS + 1),
});

/** The last part of a history's key. */
export const historySeq = (key: string): number => Number(key.slice(key.lastIndexOf('/') + 1));
