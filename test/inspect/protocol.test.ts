// What inspectors of XState read: the package's own receivers on our WebSocket, its own server behind our push, and its own
// messages as the measure of ours.
import { once } from 'node:events';
import { createServer } from 'node:net';
import {
  createBrowserReceiver,
  createInspector,
  createWebSocketReceiver,
  type StatelyInspectionEvent,
} from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { expect } from 'chai';
import { WebSocket, WebSocketServer, type RawData } from 'ws';
import { createActor } from 'xstate';
import { agentSessionMachine } from '../../machines/agent-session.ts';
import { delegationMachine } from '../../machines/delegation.ts';
import { invocationMachine } from '../../machines/invocation.ts';
import { serviceAgentMachine } from '../../machines/service-agent.ts';
import { zoneSupervisorMachine } from '../../machines/zone-supervisor.ts';
import { definitionOf } from '../../src/inspect/definitions.ts';
import { INSPECT_VERSION } from '../../src/inspect/messages.ts';
import { INSPECTOR_RETRY_MS } from '../../src/limits.ts';
import { textOf } from '../world/socket-text.ts';
import { OPERATOR_TOKEN, World } from '../world/world.ts';

type Received = StatelyInspectionEvent & {
  readonly name?: string;
  readonly snapshot?: { readonly value: unknown };
  readonly event?: { readonly type: string };
};

interface Receiver {
  subscribe(next: (event: StatelyInspectionEvent) => void): { unsubscribe(): void };
}

/** Resolves with everything received once it fits. */
const received = (receiver: Receiver, fits: (all: readonly Received[]) => boolean): Promise<readonly Received[]> =>
  new Promise((resolve) => {
    const all: Received[] = [];
    const subscription = receiver.subscribe((event) => {
      all.push(event as Received);
      if (!fits(all)) return;
      subscription.unsubscribe();
      resolve(all);
    });
  });

// As the package's own, which cannot be closed: its server ends when the last of its clients has gone.
const receiverOn = (socket: WebSocket): Receiver => ({
  subscribe(next) {
    const hear = (text: RawData) => next(JSON.parse(textOf(text)));
    socket.on('message', hear);
    return { unsubscribe: () => socket.off('message', hear) };
  },
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

/** What the package itself makes of an actor that is sent one event. */
const reference = async (): Promise<readonly Received[]> => {
  const sent: Received[] = [];
  const inspector = createInspector({ send: (event) => sent.push(event as Received) });
  const facts = {
    applicationId: 'app-a',
    subjectSessionId: 'user-1',
    parentId: null,
    depth: 0,
    lifecycle: 'task' as const,
    labels: [],
    ttlSeconds: 60,
    subjectProven: true,
    delegationEdgeId: null,
    metadataHash: null,
  };
  const input = { facts, authority: 'own' as const, at: 1, seq: 1 };
  const actor = createActor(agentSessionMachine, { id: 's-a', input, inspect: inspector.inspect }).start();
  actor.send({ type: 'suspended', reason: 'requested', at: 2, seq: 2 });
  while (sent.length < 5) await new Promise((resolve) => setImmediate(resolve));
  actor.stop();
  return sent;
};

describe('what inspectors of XState are sent', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.destroy());

  const address = async (query: string): Promise<string> => {
    const { body } = await world.call('POST', '/inspector/tickets', undefined, { token: OPERATOR_TOKEN });
    return `${world.url.replace('http', 'ws')}/inspector/ws?${query}&ticket=${String(body['ticket'])}`;
  };
  const connect = async (query: string): Promise<Receiver> => createWebSocketReceiver({ server: await address(query) });

  it('is of the version of the package that it is held to', async () => {
    expect((await reference())[0]?._version).to.equal(INSPECT_VERSION);
  });

  it('has the members of the package’s own messages, and definitions that are the same', async () => {
    const id = await world.session();
    const receiver = await connect(`zone=z1&session=${id}`);
    const several = received(receiver, (all) => new Set(all.map(({ type }) => type)).size === 3);
    const joined = received(receiver, (all) => all.some(({ name }) => name === `agent-session ${id}`));
    await joined;
    await world.call('PATCH', `/zones/z1/agents/${id}/suspend`);
    const [ours, theirs] = [await several, await reference()];
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot'] as const) {
      const mine = ours.find((each) => each.type === type && each.name !== 'zone-supervisor z1') as Received;
      const measure = theirs.find((each) => each.type === type) as Received;
      expect(mine, type).to.have.all.keys(...Object.keys(measure));
      for (const [name, value] of Object.entries(measure)) {
        const own: unknown = mine[name as keyof Received];
        if (value !== undefined) expect(typeof own, `${type} ${name}`).to.equal(typeof value);
      }
    }
    const snapshot = ours.find(({ type }) => type === '@xstate.snapshot')?.snapshot;
    const measure = theirs.find(({ type }) => type === '@xstate.snapshot')?.snapshot as object;
    expect(snapshot).to.have.all.keys(...Object.keys(measure));
    const actor = (all: readonly Received[]) =>
      all.find(({ type }) => type === '@xstate.actor') as { definition?: string };
    expect(actor(ours).definition).to.equal(actor(theirs).definition);
  });

  it('defines every machine as the package does', () => {
    for (const machine of [
      agentSessionMachine,
      serviceAgentMachine,
      invocationMachine,
      delegationMachine,
      zoneSupervisorMachine,
    ]) {
      const sent: Received[] = [];
      const inspector = createInspector({ send: (event) => sent.push(event as Received) });
      inspector.actor({ logic: machine, sessionId: 'x:0' } as never);
      expect(definitionOf(machine as never)).to.equal((sent[0] as { definition?: string }).definition);
    }
  });

  it('begins with the session that was asked for, and tells of its parent and its moves in order', async () => {
    const id = await world.session();
    await world.session();
    const receiver = await connect(`zone=z1&session=${id}`);
    const moved = received(
      receiver,
      (all) => all.at(-1)?.event?.type === 'resumed' && all.at(-1)?.type === '@xstate.snapshot',
    );
    await received(receiver, (all) => all.some(({ name }) => name === 'zone-supervisor z1'));
    for (const verb of ['suspend', 'resume']) await world.call('PATCH', `/zones/z1/agents/${id}/${verb}`);
    const all = await moved;
    expect(all.map(({ type, name, event }) => [type, name ?? event?.type])).to.deep.equal([
      ['@xstate.actor', `agent-session ${id}`],
      ['@xstate.actor', 'zone-supervisor z1'],
      ['@xstate.event', 'suspended'],
      ['@xstate.snapshot', 'suspended'],
      ['@xstate.event', 'resumed'],
      ['@xstate.snapshot', 'resumed'],
    ]);
    expect(all.every(({ rootId }) => rootId === all[1]?.sessionId)).to.equal(true);
    expect(all.map(({ sessionId }) => sessionId === all[0]?.sessionId)).to.deep.equal([
      true,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('passes the receiver that a page of the package uses', async () => {
    const id = await world.session();
    const window = new EventTarget() as EventTarget & { postMessage: (data: unknown) => void; [name: string]: unknown };
    const asked: unknown[] = [];
    Object.assign(window, { self: window, top: window, opener: { postMessage: (data: unknown) => asked.push(data) } });
    window.postMessage = (data) => window.dispatchEvent(new MessageEvent('message', { data }));
    const receiver = createBrowserReceiver({ window: window as never });
    expect(asked).to.deep.equal([{ type: '@statelyai.connected' }]);
    const arrived = received(receiver, (all) => all.some(({ name }) => name === `agent-session ${id}`));
    const socket = new WebSocket(await address(`zone=z1&session=${id}`));
    socket.on('message', (text) => window.postMessage(JSON.parse(textOf(text))));
    const [first] = await arrived;
    expect(first).to.include({ type: '@xstate.actor', name: `agent-session ${id}` });
    socket.close();
  });

  it('arrives at an inspector elsewhere, which is shown what exists and what happens', async () => {
    const port = await freePort();
    const inspector = createInspectorServer({ port, autoOpen: false });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const there = receiverOn(socket);
    await once(socket, 'open');
    const id = await world.session();
    await world.restart({ INSPECT_WS_URL: `ws://127.0.0.1:${port}` });
    const names = received(there, (all) => all.some(({ name }) => name === `agent-session ${id}`));
    const stopped = received(there, (all) =>
      all.some(({ type, snapshot }) => type === '@xstate.snapshot' && typeof snapshot?.value === 'object'),
    );
    await world.call('GET', `/zones/z1/agents/${id}`);
    await names;
    await world.call('PATCH', `/zones/z1/agents/${id}/suspend`);
    const last = (await stopped).at(-1);
    expect(last?.snapshot?.value).to.deep.equal({ suspended: 'own' });
    socket.close();
    await world.stop();
    inspector.stop();
  });

  it('is told afresh to an inspector elsewhere that was away', async () => {
    const port = await freePort();
    const heard: Received[][] = [];
    const listen = async () => {
      const server = new WebSocketServer({ port, host: '127.0.0.1' });
      await once(server, 'listening');
      return server;
    };
    const nextVisit = async (server: WebSocketServer, name: string) => {
      const [socket] = (await once(server, 'connection')) as [WebSocket];
      const all: Received[] = [];
      heard.push(all);
      await new Promise<void>((resolve) => {
        socket.on('message', (text) => {
          all.push(JSON.parse(textOf(text)));
          if (all.some((each) => each.name === name)) resolve();
        });
      });
      return socket;
    };
    const id = await world.session();
    const first = await listen();
    const visiting = nextVisit(first, `agent-session ${id}`);
    await world.restart({ INSPECT_WS_URL: `ws://127.0.0.1:${port}`, INSPECT_WS_ZONES: 'z1' });
    await world.call('GET', `/zones/z1/agents/${id}`);
    const socket = await visiting;
    socket.terminate();
    first.close();
    await once(first, 'close');
    const later = await world.session();
    const second = await listen();
    const again = nextVisit(second, `agent-session ${later}`);
    // The clock goes on until it comes: when it has noticed that it was cut off is not ours to know.
    const back = { again: false };
    second.once('connection', () => {
      back.again = true;
    });
    while (!back.again) {
      world.clock.advance(INSPECTOR_RETRY_MS);
      await world.call('GET', '/health', undefined, { token: null });
    }
    await again;
    expect(heard[1]?.map(({ name }) => name)).to.include.members([`agent-session ${id}`, `agent-session ${later}`]);
    await world.stop();
    second.close();
  });
});
