// How a reading of a damaged data directory relates to that of the undamaged one.
import { isDeepStrictEqual } from 'node:util';
import type { Prepared } from './prepared.ts';
import type { Reading, Served } from './served.ts';

export type Verdict = 'harmless' | 'noticed' | 'ended the process' | 'silent';

export interface Judgement {
  readonly verdict: Verdict;
  readonly detail: string;
}

export const judge = (sound: Reading, found: Reading, prepared: Prepared): Judgement => {
  const questions = [...prepared.questions, prepared.fresh];
  if (!('answers' in sound)) throw new Error(`the undamaged directory is not served: ${JSON.stringify(sound)}`);
  if ('ended' in found) return { verdict: 'ended the process', detail: found.ended };
  if ('refused' in found) return { verdict: 'noticed', detail: found.refused };
  const differing = found.answers.flatMap((answer, index) => {
    const before = sound.answers[index] as Served;
    return isDeepStrictEqual(answer, before) ? [] : [{ answer, before, zone: questions[index]?.zone ?? null, index }];
  });
  const first = differing[0];
  if (!first) return { verdict: 'harmless', detail: '' };
  const unnoticed = differing.find(({ answer, zone }) => !isNotice(answer, zone, found.ready));
  const shown = unnoticed ?? first;
  const path = questions[shown.index]?.path;
  const detail = `${path}: ${JSON.stringify(shown.answer)} for ${JSON.stringify(shown.before)}`;
  return { verdict: unnoticed ? 'silent' : 'noticed', detail: unnoticed ? detail : JSON.stringify(shown.answer.body) };
};

/** An answer that says that something is wrong, and for a damaged zone a `/ready` that says so too. */
const isNotice = ({ status, body }: Served, zone: string | null, ready: Served): boolean => {
  // The other keys are served beside one that is damaged, and `/ready` names that one.
  const unusable = (ready.body as { keys_unusable?: unknown[] }).keys_unusable ?? [];
  if (status === 200 && unusable.length > 0) return Object.hasOwn(body as object, 'keys');
  if (status !== 503) return false;
  const { error } = body as { error: string };
  if (error !== 'zone_faulted') return true;
  const faulted = (ready.body as { zones_faulted?: { zone: string }[] }).zones_faulted ?? [];
  return ready.status === 503 || faulted.some((each) => each.zone === zone);
};

/** Zones that answer that they are stopped, where the directory is served at all. */
export const stoppedZones = (found: Reading): readonly string[] => {
  if (!('answers' in found)) return [];
  const faulted = (found.ready.body as { zones_faulted?: { zone: string }[] }).zones_faulted ?? [];
  return faulted.map(({ zone }) => zone);
};
