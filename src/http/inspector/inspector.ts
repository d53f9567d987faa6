// The doors for those who look at actors: a stream for our own page, a WebSocket for inspectors of XState, and the tickets
// that open the latter for a browser. They are the operator's, and a page of another origin stays outside even with the token.
import type { Router } from '@koa/router';
import { WebSocketServer } from 'ws';
import type { SecretMatch } from '../../auth/operator-token.ts';
import { isoInstant } from '../../clock.ts';
import { SHOWABLE, type Showable } from '../../inspect/allowed.ts';
import type { Hub, Wish } from '../../inspect/hub.ts';
import { SocketSink } from '../../inspect/socket-sink.ts';
import type { Tickets } from '../../inspect/tickets.ts';
import { INSPECTOR_MESSAGE_BYTES_MAX, INSPECTOR_VIEWERS_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { InspectorQuery } from '../../schemas/inspector.ts';
import { checkOf } from '../../schemas/validation.ts';
import type { Zones } from '../../zone/zones.ts';
import { sendAnswer, sendRefusal, type RequestContext, type RequestState } from '../context.ts';
import type { GuessLimit } from '../admission/guess-limit.ts';
import { InspectorStream } from './stream.ts';
import { OPERATOR_REASON, refusedTo, type Lock } from '../operator-only.ts';
import { SOCKET_PATH, Upgradable, type Beginning } from '../connection/upgradable.ts';

export interface InspectorParts {
  readonly hub: Hub;
  readonly tickets: Tickets;
  readonly zones: Zones;
  readonly isOperator: SecretMatch;
  readonly guesses: GuessLimit;
  /** Origins of pages that may look, beside our own. */
  readonly inspectOrigins: readonly string[] | null;
}

const check = checkOf(InspectorQuery);
/** How soon a page that was cut off comes back, milliseconds. */
const RETRY_MS = 1_000;

const SWITCHING_PROTOCOLS = 101;

/** What a browser offers beside its bearer, so that there is something to agree on (RFC 6455, section 4.1). */
const PROTOCOL = 'coordinator.inspector';
const BEARER_PROTOCOL = 'coordinator.bearer.';

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: INSPECTOR_MESSAGE_BYTES_MAX,
  handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
});

export const addInspectorRoutes = (router: Router<RequestState>, parts: InspectorParts): void => {
  router.get('/inspector/stream', (context) => stream(parts, context as RequestContext));
  router.get(SOCKET_PATH, (context) => socket(parts, context as RequestContext));
  router.post('/inspector/tickets', (context) => ticket(parts, context as RequestContext));
};

const ticket = async (parts: InspectorParts, context: RequestContext): Promise<void> => {
  const refusal = (await refusedTo(context, lockOf(parts))) ?? foreign(parts, context);
  if (refusal) return sendRefusal(context, refusal);
  const { ticket: issued, expiresAt } = parts.tickets.issue();
  const headers = { 'Cache-Control': 'no-store' };
  sendAnswer(context, { status: 201, body: { ticket: issued, expires_at: isoInstant(expiresAt) }, headers });
};

const stream = async (parts: InspectorParts, context: RequestContext): Promise<void> => {
  const refusal = (await refusedTo(context, lockOf(parts))) ?? foreign(parts, context);
  const wish = full(parts, refusal ?? (await wishOf(parts, context, { dialect: 'page', events: false })));
  if ('code' in wish) return sendRefusal(context, wish);
  const { res: response } = context;
  context.respond = false;
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  if (context.method === 'HEAD') return void response.end();
  response.write(`retry: ${RETRY_MS}\n\n`);
  const viewer = parts.hub.watch(wish, new InspectorStream(response));
  response.once('close', () => viewer.end());
  if (response.destroyed) viewer.end();
};

const socket = async (parts: InspectorParts, context: RequestContext): Promise<void> => {
  const beginning = context.req instanceof Upgradable ? context.req.beginning : null;
  if (beginning === null) {
    context.set('Upgrade', 'websocket');
    return sendRefusal(context, refuse('upgrade_required'));
  }
  const refusal = (await refusedSocket(parts, context)) ?? foreign(parts, context);
  const wish = full(parts, refusal ?? (await wishOf(parts, context, { dialect: 'stately', events: true })));
  if ('code' in wish) return sendRefusal(context, wish);
  // The response is not for us to write any more, which only the log and the figures still ask it about.
  context.respond = false;
  context.status = SWITCHING_PROTOCOLS;
  open(parts, context, wish, beginning);
};

const open = ({ hub }: InspectorParts, context: RequestContext, wish: Wish, beginning: Beginning): void => {
  const { socket: connection, head, response } = beginning;
  response.detachSocket(connection);
  server.handleUpgrade(context.req, connection, head, (opened) => {
    const viewer = hub.watch(wish, new SocketSink(opened));
    // Whatever a client sends is ignored; what is no WebSocket any more closes by itself.
    opened.on('error', () => {});
    opened.once('close', () => viewer.end());
  });
};

/** A bearer in the header, one among the protocols that are offered, or a ticket. */
const refusedSocket = async (parts: InspectorParts, context: RequestContext): Promise<Refusal | null> => {
  const { ticket: offered } = context.query;
  const isTicketOffered = typeof offered === 'string';
  if (isTicketOffered && parts.tickets.use(offered)) return null;
  const refusal = await refusedTo(context, lockOf(parts), socketBearer(context));
  return isTicketOffered && refusal?.code === 'missing_token' ? parts.guesses.count(context.req, refusal) : refusal;
};

const lockOf = ({ isOperator: opens, guesses }: InspectorParts): Lock => ({ opens, reason: OPERATOR_REASON, guesses });

const socketBearer = (context: RequestContext): string | undefined => {
  const { authorization, 'sec-websocket-protocol': protocols = '' } = context.req.headers;
  const named = protocols.split(',').find((each) => each.trim().startsWith(BEARER_PROTOCOL));
  const encoded = named?.trim().slice(BEARER_PROTOCOL.length);
  return encoded === undefined ? authorization : `Bearer ${Buffer.from(encoded, 'base64url').toString('latin1')}`;
};

// Browsers say of every page that is not ours, and of every WebSocket, where it comes from (RFC 6454); programs say nothing.
const foreign = ({ inspectOrigins }: InspectorParts, { req }: RequestContext): Refusal | null => {
  const { origin, host } = req.headers;
  if (origin === undefined || inspectOrigins?.includes(origin)) return null;
  const isOurs = URL.canParse(origin) && new URL(origin).host === host;
  return isOurs ? null : refuse('origin_not_allowed');
};

// Asked last, in the turn in which the viewer comes.
const full = ({ hub }: InspectorParts, wish: Wish | Refusal): Wish | Refusal =>
  'code' in wish || !hub.isFull
    ? wish
    : refuse('inspector_viewer_limit_exceeded', {
        details: { retryable: true, limit: INSPECTOR_VIEWERS_MAX },
        retryAfterSeconds: 1,
      });

type Usual = Pick<Wish, 'dialect' | 'events'>;

const wishOf = async (parts: InspectorParts, context: RequestContext, usual: Usual): Promise<Wish | Refusal> => {
  const query = check(context.query);
  if ('issues' in query) return refuse('invalid_query', { details: { issues: query.issues } });
  const { zone, session = null, events, show } = query.value;
  const shown = shownBy(show);
  if ('code' in shown) return shown;
  const unknown = await wake(parts, context, { zone, session });
  if (unknown) return unknown;
  return {
    zones: [zone],
    session,
    events: events === undefined ? usual.events : events === 'true',
    show: shown,
    dialect: usual.dialect,
  };
};

const shownBy = (show: string | undefined): readonly Showable[] | Refusal => {
  const names = show?.split(',') ?? [];
  if (names.every((name): name is Showable => SHOWABLE.includes(name as Showable))) return names;
  const issues = [{ path: ['show'], message: `must be among ${SHOWABLE.join(', ')}` }];
  return refuse('invalid_query', { details: { issues } });
};

/** Wakes the zone. One that cannot be is looked at all the same: it says why itself. */
const wake = async (
  { zones }: InspectorParts,
  context: RequestContext,
  { zone: id, session }: { readonly zone: string; readonly session: string | null },
): Promise<Refusal | null> => {
  const { requestId, traceId } = context.state;
  const ask = { caller: { kind: 'operator' as const }, requestId, traceId };
  const zone = await zones.get(id);
  const { answer } =
    session === null
      ? await zone.look({ type: 'caller.standing', input: {} }, ask)
      : await zone.look({ type: 'session.get', input: { id: session } }, ask);
  return 'code' in answer && answer.code === 'agent_not_found' ? answer : null;
};
