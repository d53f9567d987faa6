// Removes from memory what was forgotten before, while the journal of a zone that cannot store a checkpoint is folded: it must not
// be shown again. Actors that ended and are not forgotten stay in memory, because they are stored nowhere else.
import type { Forgotten } from '../checkpoints/checkpoint.ts';
import type { ZoneMemory } from '../memory.ts';
import { ageMark } from '../checkpoints/stored-keys.ts';

/** `affected` are the actors of the last entries, so that the work does not grow with the zone. */
export const leaveOut = (memory: ZoneMemory, forgotten: Forgotten, affected: readonly string[]): void => {
  for (const id of affected) for (const kind of ENDING) leaveOutActor(memory, { kind, id, mark: forgotten[kind] });
  memory.unstored.dropReceipts(forgotten.receipt);
};

const ENDING = ['session', 'invocation', 'edge'] as const;

interface Candidate {
  readonly kind: (typeof ENDING)[number];
  readonly id: string;
  /** Up to here actors of this kind were forgotten. */
  readonly mark: string;
}

const leaveOutActor = ({ actors, unstored }: ZoneMemory, { kind, id, mark }: Candidate): void => {
  const ended = actors.isLive(kind, id) ? undefined : actors.find(kind, id);
  if (!ended || ageMark(ended.context.endedAt ?? Infinity, id) > mark) return;
  actors.release(kind, id);
  unstored.drop(id);
};
