// `GET /zones/:zoneId/events`: the changes of a zone as they happen, resumed from where a reader was. Who may follow is asked
// when the stream begins and again whenever it says that it lives: a stream does not outlive its bearer.
import { once } from 'node:events';
import type { Router } from '@koa/router';
import type { Static } from 'typebox';
import type { Caller } from '../authority/caller.ts';
import type { AlarmClock } from '../clock.ts';
import type { Feed } from '../feed.ts';
import { EVENT_KEEP_ALIVE_MS, EVENT_READERS_MAX } from './limits.ts';
import { FEED_PAGE_ENTRIES } from '../limits.ts';
import { refuse, type Refusal } from '../refusals.ts';
import { EVENT_ID, EventsQuery } from '../schemas/events.ts';
import { PATH_ID } from '../schemas/primitives.ts';
import { checkOf } from '../schemas/validation.ts';
import type { Ask } from '../zone/commands.ts';
import { TOPICS, type Topic } from '../zone/messages/messages.ts';
import { idsIn } from './audit.ts';
import { authenticated } from './authentication.ts';
import { sendRefusal, type RequestContext, type RequestState } from './context.ts';
import { EventStream, firstAfter, type EventPlace, type ReadOn } from './event-stream.ts';
import type { Upgradable } from './connection/upgradable.ts';
import type { Door } from './zone-call.ts';
import { refuseUnknownParameters } from './unknown-names.ts';

export interface EventsParts extends Pick<Door, 'zones' | 'authenticator' | 'guesses'> {
  readonly feed: Feed;
  readonly clock: AlarmClock;
}

const check = checkOf(EventsQuery);
const ADMIN = 'coordinator.admin';
/** How soon a reader that was cut off comes back, milliseconds. */
const RETRY_MS = 1_000;

export const addEventsRoute = (router: Router<RequestState>, parts: EventsParts): void => {
  router.get('/zones/:zoneId/events', (context) =>
    follow(parts, context as RequestContext, String(context.params['zoneId'])),
  );
};

const follow = async (parts: EventsParts, context: RequestContext, zone: string): Promise<void> => {
  await itsTurn(context);
  context.state.noted = { what: 'zone.events', on: () => idsIn({ zoneId: zone }) };
  const caller = await authenticated(parts, context, { zone, operator: true });
  if ('code' in caller) return sendRefusal(context, caller);
  const wish = wishOf(context, zone);
  if ('code' in wish) return sendRefusal(context, wish);
  if (parts.feed.followers >= EVENT_READERS_MAX)
    return sendRefusal(
      context,
      refuse('event_reader_limit_exceeded', {
        details: { retryable: true, limit: EVENT_READERS_MAX },
        retryAfterSeconds: 1,
      }),
    );

  const { requestId, traceId, from } = context.state;
  const ask = { caller, requestId, traceId, from };
  const interest = { topics: wish.topics, applicationId: mayReadAll(caller) ? null : caller.applicationId };
  const stream = new EventStream(context.res, interest, readerOf(parts, zone, ask));
  const following = parts.feed.follow(zone, stream);
  const { seq, answer } = await (await parts.zones.get(zone)).look({ type: 'caller.standing', input: {} }, ask);
  const now = seq ?? 0;
  const behind = (wish.from?.seq ?? 0) > now ? refuse('invalid_cursor') : null;
  const refusal = 'code' in answer ? answer : (behind ?? (await refusedPage(parts, zone, ask, wish.from)));
  if (refusal || context.method === 'HEAD') following.end();
  if (refusal) return sendRefusal(context, refusal);
  open(context, now);
  if (context.method === 'HEAD') return;
  context.res.write(`retry: ${RETRY_MS}\n\n`);
  stream.begin(following, wish.from ?? { seq: now, place: null }, wish.from === null);
  keepAlive(parts, context, { zone, stream, ask });
};

// Behind other requests of its connection nothing could be told, and nobody would say that the connection is gone: such a
// stream would be kept for ever. Where its turn never comes, nothing holds this any more.
const itsTurn = async ({ req, res }: RequestContext): Promise<void> => {
  if (res.socket !== null || res.destroyed) return;
  (req as Upgradable).admission?.release();
  await once(res, 'socket');
};

interface Wish {
  readonly topics: readonly Topic[];
  readonly from: EventPlace | null;
}

/** `Last-Event-ID` counts before `from`: a browser that comes back repeats the address it began with. */
const wishOf = (context: RequestContext, zone: string): Wish | Refusal => {
  if (!PATH_ID.test(zone)) return refuse('invalid_params');
  const query = check(context.query);
  if ('issues' in query) return refuse('invalid_query', { details: { issues: query.issues } });
  const unknown = refuseUnknownParameters(context, EventsQuery);
  if (unknown) return unknown;
  const topics = topicsOf(query.value);
  if ('code' in topics) return topics;
  const header = context.req.headers['last-event-id'];
  const id = typeof header === 'string' && header !== '' ? header : query.value.from;
  if (id === undefined) return { topics, from: null };
  const [, seq, place] = EVENT_ID.exec(id) ?? [];
  if (seq === undefined || (seq === '0' && place !== undefined)) return refuse('invalid_cursor');
  return { topics, from: { seq: Number(seq), place: place === undefined ? null : Number(place) } };
};

const topicsOf = ({ topics }: Static<typeof EventsQuery>): readonly Topic[] | Refusal => {
  const named = topics?.split(',') ?? TOPICS;
  const unknown = named.find((topic) => !TOPICS.includes(topic as Topic));
  if (unknown === undefined) return named as readonly Topic[];
  const issues = [{ path: ['topics'], message: `must be among ${TOPICS.join(', ')}` }];
  return refuse('invalid_query', { details: { issues } });
};

const mayReadAll = (caller: Caller): caller is Extract<Caller, { kind: 'operator' }> =>
  caller.kind === 'operator' || caller.scopes.has(ADMIN);

/**
 * Refuses a stream whose first page has damaged entries; null if the page can be read. Without this check, the stream
 * would end at the damage without a reason, and its reader would reconnect at the same place again and again.
 */
const refusedPage = async (
  { zones }: EventsParts,
  id: string,
  ask: Ask,
  from: EventPlace | null,
): Promise<Refusal | null> => {
  if (from === null) return null;
  const input = { after: firstAfter(from), most: FEED_PAGE_ENTRIES };
  const { answer } = await (await zones.get(id)).look({ type: 'zone.announcements', input }, ask);
  return 'code' in answer && answer.code === 'history_damaged' ? answer : null;
};

const readerOf =
  ({ zones }: EventsParts, id: string, ask: Ask): ReadOn =>
  async (after) => {
    const zone = await zones.get(id);
    const input = { after, most: FEED_PAGE_ENTRIES };
    const { seq, answer } = await zone.look({ type: 'zone.announcements', input }, ask);
    if ('code' in answer) return null;
    const upTo = answer.announcements.at(-1)?.seq ?? after;
    return { ...answer, upTo, isLast: upTo === seq };
  };

// A stream ends with its connection, so that what is told of many changes to many readers goes out as it is: a chunk around it
// would cost each reader two more pieces (RFC 9112, section 6.3).
const open = (context: RequestContext, seq: number): void => {
  context.respond = false;
  context.res.useChunkedEncodingByDefault = false;
  context.res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store, no-transform',
    Connection: 'close',
    'Coordinator-Seq': String(seq),
    'X-Accel-Buffering': 'no',
  });
  if (context.method === 'HEAD') context.res.end();
};

interface Kept {
  readonly zone: string;
  readonly stream: EventStream;
  readonly ask: Ask;
}

const keepAlive = (parts: EventsParts, context: RequestContext, { zone, stream, ask }: Kept): void => {
  const { clock } = parts;
  let cancel = () => {};
  const beat = async () => {
    const stands = await mayFollow(parts, context, zone, ask);
    if (context.res.destroyed) return;
    if (!stands) return stream.closed();
    stream.keepAlive();
    cancel = clock.at(clock.now() + EVENT_KEEP_ALIVE_MS, () => void beat());
  };
  cancel = clock.at(clock.now() + EVENT_KEEP_ALIVE_MS, () => void beat());
  context.res.once('close', () => cancel());
};

const mayFollow = async (parts: EventsParts, context: RequestContext, id: string, ask: Ask): Promise<boolean> => {
  try {
    const caller = await authenticated(parts, context, { zone: id, operator: true });
    if ('code' in caller) return false;
    const zone = await parts.zones.get(id);
    const { answer } = await zone.look({ type: 'caller.standing', input: {} }, { ...ask, caller });
    return !('code' in answer);
  } catch {
    return false;
  }
};
