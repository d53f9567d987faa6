// Every route of a zone. Who may use which command is in `authority/rules.ts`, what it decides in `zone/decisions/`, which
// states take it in `machines/`.
import type { Route } from '../route.ts';
import { delegationRoutes } from './delegations.ts';
import { directoryRoutes } from './directory.ts';
import { invocationRoutes } from './invocations.ts';
import { lifecycleRoutes } from './lifecycle.ts';
import { serviceRoutes } from './services.ts';
import { sessionRoutes } from './sessions.ts';

export const routes: readonly Route[] = [
  ...sessionRoutes,
  ...serviceRoutes,
  ...invocationRoutes,
  ...delegationRoutes,
  ...directoryRoutes,
  ...lifecycleRoutes,
];
