// What the product says of its own condition: a small store that the process feeds and `/ready` shows.
import { createStore } from '@xstate/store';

export type Phase = 'recovering' | 'serving' | 'draining';

const RECOVERING: { readonly phase: Phase } = { phase: 'recovering' };

export const createReadiness = () =>
  createStore({
    context: RECOVERING,
    on: {
      opened: () => ({ phase: 'serving' as const }),
      drainStarted: () => ({ phase: 'draining' as const }),
    },
  });

export type Readiness = ReturnType<typeof createReadiness>;
