// What a zone shows of its actors. A sight is what one moment of memory knows; a view adds the bodies that lie beside the
// journal, which are fetched once that moment is on disk.
import type { Instant } from '../../../machines/words.ts';
import type { InvocationRecord } from '../actors/invocations.ts';
import type { ServiceRecord } from '../actors/services.ts';
import type { SessionRecord } from '../actors/sessions.ts';
import type { Bodies, Content, Data } from '../bodies.ts';
import type { DirectoryRow, DirectoryTable } from '../directory.ts';

export interface SessionSight {
  readonly record: SessionRecord;
  readonly childCount: number;
  readonly heardAt: Instant | null;
  /** When the lease runs out; null where none runs. */
  readonly leaseUntil: Instant | null;
}

export type SessionView = SessionSight & { readonly metadata: Data };

export interface ServiceSight {
  readonly record: ServiceRecord;
  readonly heardAt: Instant | null;
}

export type ServiceView = ServiceSight & { readonly metadata: Data };

export interface InvocationSight {
  readonly record: InvocationRecord;
}

export interface InvocationView extends InvocationSight {
  readonly params: unknown;
  readonly metadata: Data;
  readonly error: Data | null;
}

export interface DirectorySight {
  readonly record: { readonly id: string };
  readonly row: DirectoryRow<DirectoryTable>;
}

const EMPTY: Data = {};

export class Views {
  readonly #bodies: Bodies;

  constructor(bodies: Bodies) {
    this.#bodies = bodies;
  }

  session(sight: SessionSight): SessionView {
    return { ...sight, metadata: this.#bodies.of(metadataOf(sight.record)).content.metadata ?? EMPTY };
  }

  service(sight: ServiceSight): ServiceView {
    return { ...sight, metadata: this.#bodies.of(sight.record.context.metadata).content.metadata ?? EMPTY };
  }

  invocation({ record }: InvocationSight): InvocationView {
    const { params, metadata, error, failure, sessionEnded } = record.context;
    const own = this.#bodies.of(metadata).content.metadata ?? EMPTY;
    return {
      record,
      params: paramsIn(this.#bodies.of(params).content),
      metadata: sessionEnded ? { ...own, cancel_reason: 'session_ended' } : own,
      error: failure === null ? (this.#bodies.of(error).content.error ?? null) : { reason: failure },
    };
  }
}

const paramsIn = ({ params = EMPTY }: Content): unknown => params;

/** The place of the metadata of a session; null if there is none. */
export const metadataOf = ({ context: { metadataHash, startedSeq } }: SessionRecord) =>
  metadataHash === null ? null : { seq: startedSeq, hash: metadataHash };
