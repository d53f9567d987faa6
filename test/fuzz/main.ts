// npm run fuzz [-- COUNT]: that many generated requests, 50,000 where nothing is said, and what came of them. SEED repeats a run.
// Exit 0 when nothing was wrong.
import { seed } from '../world/seed.ts';
import { Fuzz } from './fuzz.ts';

const COUNT = 50_000;

const count = Number(process.argv[2] ?? COUNT);
if (!Number.isSafeInteger(count) || count < 1) throw new Error('usage: npm run fuzz [-- COUNT]');
const report = await Fuzz.run(count, seed('the requests'));
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
if (report.failures.length > 0) process.exitCode = 1;
