// Runs in a process of its own, because damage may end it: opens one data directory after the other, as a coordinator does
// at its start, and tells what it serves from there.
import { startCoordinator, type Coordinator } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { uuidIds } from '../../../src/ids.ts';
import { createLogger } from '../../../src/log.ts';
import { HandClock } from '../../world/clock.ts';
import { askWithFreshToken, readAll, type Question, type Reading } from './served.ts';

export interface Assignment {
  readonly dir: string;
  readonly now: number;
  readonly questions: readonly Question[];
  /** One of them that is asked again with a token made now. */
  readonly fresh: Question & { readonly zone: string };
}

const start = async (dir: string, clock: HandClock): Promise<Coordinator | string> => {
  const outcome = readConfig({ PORT: '0', LOG_LEVEL: 'silent', DATA_DIR: dir });
  if (!outcome.ok) throw new Error(outcome.problems.join('\n'));
  const log = createLogger({ level: 'silent', terminal: false, destination: { write: () => undefined } });
  try {
    return await startCoordinator(outcome.config, { clock, ids: uuidIds, log });
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  }
};

const read = async ({ dir, now, questions, fresh }: Assignment): Promise<Reading> => {
  const clock = new HandClock(now);
  const coordinator = await start(dir, clock);
  if (typeof coordinator === 'string') return { refused: coordinator };
  try {
    const { answers, ready } = await readAll(coordinator.url, questions);
    const last = await askWithFreshToken(coordinator.url, fresh, { dataDir: dir, clock });
    return { answers: [...answers, last], ready };
  } finally {
    await coordinator.stop();
  }
};

process.on('message', (assignment: Assignment) => {
  void read(assignment).then((reading) => process.send?.(reading));
});
