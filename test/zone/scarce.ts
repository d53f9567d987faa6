// A zone in memory on a disk whose condition a test chooses.
import type { Access, DiskCause } from '../../src/journal/journal.ts';
import { isRefusal } from '../../src/zone/commands.ts';
import { sessionStatusOf } from '../../src/zone/status-words.ts';
import type { SessionView } from '../../src/zone/reading/views.ts';
import { ZoneWorld, type ZoneWorldOptions } from '../world/zone-world.ts';

export class Scarce {
  access: Access = 'everything';
  cause: DiskCause = 'disk_full';
  readonly world: ZoneWorld;

  constructor(options: ZoneWorldOptions = {}) {
    const condition = () => ({ access: this.access, cause: this.access === 'everything' ? null : this.cause });
    this.world = new ZoneWorld({ contents: new Map(), condition, ...options });
  }

  /** Fills the disk: a write fails, and every zone is read from disk again. */
  runFull(access: Access): void {
    this.access = access;
    this.world.open();
  }

  async status(id: string): Promise<string> {
    return sessionStatusOf((await this.session(id)).record);
  }

  async session(id: string): Promise<SessionView> {
    const { answer } = await this.world.look('session.get', { id });
    if (isRefusal(answer)) throw new Error(answer.code);
    return answer;
  }

  async reason(agentSessionId: string, delegationEdgeId: string | null = null): Promise<string | null> {
    const { answer } = await this.world.look('token.liveness', { agentSessionId, delegationEdgeId });
    if (isRefusal(answer)) throw new Error(answer.code);
    return answer.reason;
  }

  head(): Promise<number> {
    return this.world.store.journal.head('z1');
  }

  async state(): Promise<string> {
    return (await this.world.zones.get('z1')).state;
  }

  async edge(id: string, source: string, target: string, ttlSeconds: number): Promise<void> {
    const { answer } = await this.world.execute('edge.create', {
      id,
      sourceSessionId: source,
      targetSessionId: target,
      issuerApplicationId: 'app-a',
      receiverApplicationId: 'app-a',
      parentEdgeId: null,
      resourceId: 'r',
      scopes: ['read'],
      constraints: {},
      expiresAt: null,
      ttlSeconds,
    });
    if (isRefusal(answer)) throw new Error(answer.code);
  }
}
