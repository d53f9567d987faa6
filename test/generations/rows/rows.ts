// Every call of both generations, by what it is about.
import type { Row } from '../row.ts';
import { delegatingRows } from './delegating.ts';
import { delegationRows } from './delegations.ts';
import { invocationRows } from './invocations.ts';
import { lifecycleRows } from './lifecycle.ts';
import { serviceRows } from './services.ts';
import { sessionRows } from './sessions.ts';
import { startRefusalRows } from './start-refusals.ts';
import { startRows } from './starts.ts';

export const SECTIONS: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: 'Sessions', rows: [...startRows, ...startRefusalRows, ...sessionRows] },
  { title: 'Services, heartbeats and leases', rows: serviceRows },
  { title: 'Invocations', rows: invocationRows },
  { title: 'Delegations', rows: [...delegatingRows, ...delegationRows] },
  { title: 'SDK endpoints, verification and operation', rows: lifecycleRows },
];

export const ROWS: readonly Row[] = SECTIONS.flatMap(({ rows }) => rows);
