// npm run bench [-- GROUP ...]: prints tables of what this machine does, with its limits measured in the same run. The load
// comes from this process, the server is another. Nothing is asserted.
import { cpus } from 'node:os';
import { measureDelegations } from './delegations.ts';
import { measureFlood } from './flood.ts';
import { measureInspect } from './inspect.ts';
import { measureInvocations } from './invocations.ts';
import { measureLimits, type Limits } from './limits.ts';
import { measureReaders } from './readers.ts';
import { measureRevocations } from './revocations.ts';
import { measureServices } from './services.ts';
import { measureSessions } from './sessions.ts';
import { printTable, type Row } from './table.ts';

const groups: Readonly<Record<string, (limits: Limits) => Promise<Row[]>>> = {
  sessions: measureSessions,
  services: measureServices,
  invocations: measureInvocations,
  delegations: measureDelegations,
  revocations: measureRevocations,
  readers: measureReaders,
  inspect: measureInspect,
  flood: measureFlood,
};

const wanted = process.argv.slice(2);
const { model } = cpus()[0] ?? { model: 'unknown' };
console.log(
  `Node ${process.version}, ${cpus().length} cores (${model}), client and server share them. Rates and times are medians.`,
);
const limits = await measureLimits();
printTable('Limits of this machine', limits.rows);
for (const [name, measure] of Object.entries(groups)) {
  if (wanted.length === 0 || wanted.includes(name)) printTable(name, await measure(limits));
}
