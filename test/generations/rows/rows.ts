// Every call of both generations, by what it is about.
import type { Row } from '../row.ts';
import { edgeCreationRows } from './edge-creation.ts';
import { edgeRows } from './edges.ts';
import { invocationRows } from './invocations.ts';
import { lifecycleRows } from './lifecycle.ts';
import { operationRows } from './operation.ts';
import { serviceRows } from './services.ts';
import { sessionRows } from './sessions.ts';
import { startRefusalRows } from './start-refusals.ts';
import { startRows } from './starts.ts';
import { verificationRows } from './verification.ts';

export const SECTIONS: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: 'Sessions', rows: [...startRows, ...startRefusalRows, ...sessionRows] },
  { title: 'Services, heartbeats and leases', rows: serviceRows },
  { title: 'Invocations', rows: invocationRows },
  { title: 'Delegations', rows: [...edgeCreationRows, ...edgeRows] },
  {
    title: 'SDK endpoints, verification and operation',
    rows: [...lifecycleRows, ...verificationRows, ...operationRows],
  },
];

export const ROWS: readonly Row[] = SECTIONS.flatMap(({ rows }) => rows);
