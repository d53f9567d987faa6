// Checks all data of a stopped coordinator, and reports for each zone its content and its damage. It reads a copy and changes
// nothing. Only with `--rebuild-heads` it first accepts the stored journal as it is, which is an operator's decision.

import { parseArgs } from 'node:util';
import { readConfig } from '../src/config/config.ts';
import { readHeads } from '../src/journal/head-file.ts';
import type { Store } from '../src/journal/journal.ts';
import { openLevelStore } from '../src/journal/level/level-store.ts';
import { rebuildHeads } from '../src/journal/rebuild-heads.ts';
import { verifyZone, type Verification } from '../src/zone/checks/verify.ts';
import { demandDirectory, runCommand } from './command-line.ts';
import { lookedAt, named } from './looked-at.ts';

const USAGE = 'usage: npm run verify -- [--data DIR] [--zone ZONE] [--rebuild-heads]';

const options = {
  data: { type: 'string' },
  zone: { type: 'string' },
  'rebuild-heads': { type: 'boolean', default: false },
} as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function verify(args: string[]): Promise<0 | 1> {
  const { values } = parseArgs({ args, options });
  const dir = await demandDirectory(dataDirectory(values.data));
  if (values['rebuild-heads']) {
    const { zones, entries } = await lookedAt(dir, (copy) => rebuildHeads(dir, copy));
    say(`The head file was written anew from ${zones} zones with ${entries} entries.`);
  }
  return lookedAt(dir, (copy) => verifyCopy(copy, dir, values.zone));
}

async function verifyCopy(copy: string, dir: string, zone: string | undefined): Promise<0 | 1> {
  const store = await openLevelStore({ dir: copy, create: false, tableBytesCheckedMax: Infinity });
  const say = (line: string): void => void process.stdout.write(`${named(line, copy, dir)}\n`);
  try {
    return (await verifyStore(store, { copy, dir, say }, zone)) ? 0 : 1;
  } finally {
    await store.close();
  }
}

interface Looked {
  readonly copy: string;
  readonly dir: string;
  readonly say: (line: string) => void;
}

function dataDirectory(data: string | undefined): string {
  const read = readConfig(data === undefined ? process.env : { ...process.env, DATA_DIR: data });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.config.dataDir;
}

async function verifyStore(
  { journal, snapshots }: Store,
  { copy, dir, say }: Looked,
  only: string | undefined,
): Promise<boolean> {
  const heads = await readHeads(copy).catch(() => undefined);
  const health = journal.health();
  if (!health.ok) say(health.reason);
  let zones = 0;
  let damaged = 0;
  for await (const zone of journal.zones()) {
    if (only !== undefined && zone !== only) continue;
    const verification = await verifyZone(zone, { journal, snapshots, head: heads?.get(zone) });
    zones += 1;
    if (verification.damage.length > 0) damaged += 1;
    for (const line of told(zone, verification)) say(line);
  }
  if (only !== undefined && zones === 0) throw new Error(`There is no zone ${only} in ${dir}.`);
  say(`${zones} ${zones === 1 ? 'zone' : 'zones'}, ${damaged} damaged`);
  return health.ok && damaged === 0;
}

function told(zone: string, found: Verification): string[] {
  const { entries, checkpointSeq, live, ended, receipts, histories, damage } = found;
  const counts = `${entries} entries, checkpoint at ${checkpointSeq} with ${live} live and ${ended} ended actors, ${receipts} receipts, ${histories} places in histories`;
  const verdict = damage.length === 0 ? 'sound' : 'DAMAGED';
  return [`${zone}: ${counts}: ${verdict}`, ...damage.map((sentence) => `  ${sentence}`)];
}

await runCommand(USAGE, verify);
