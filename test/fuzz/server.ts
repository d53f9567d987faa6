// The coordinator in a process of its own, whose garbage is collected and whose clock is moved when the run says so. What it
// logs as an error comes out on standard output.
import { World } from '../world/world.ts';

export type Order = { readonly advanceMs: number } | 'heap' | 'stop';

export interface Started {
  readonly url: string;
  readonly dir: string;
  readonly now: number;
}

const environment = JSON.parse(process.env['FUZZ_ENVIRONMENT'] ?? '{}') as Readonly<Record<string, string>>;
const world = await World.create(environment);

const obey = async (order: Order): Promise<number> => {
  if (order === 'stop') await world.stop();
  else if (order !== 'heap') world.clock.advance(order.advanceMs);
  if (order !== 'heap') return world.clock.now();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

process.on('message', (order: Order) => {
  void obey(order).then((answer) =>
    process.send?.(answer, () => (order === 'stop' ? process.disconnect() : undefined)),
  );
});
process.send?.({ url: world.url, dir: world.dir, now: world.clock.now() } satisfies Started);
