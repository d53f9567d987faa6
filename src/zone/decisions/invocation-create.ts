// Whether an invocation may be created. Whom it belongs to follows from what it names, so that is looked up first: the
// application of the source session, else that of the service.
import { isDeepStrictEqual } from 'node:util';
import { createdInvocation } from '../../../machines/invocation.ts';
import { denied } from '../../authority/rules.ts';
import { INVOCATIONS_BYTES_MAX, INVOCATIONS_LIVE_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { sessionsOf, type InvocationRecord } from '../actors/invocations.ts';
import { encodeContent } from '../bodies.ts';
import type { CommandInputs } from '../commands.ts';
import { endsIn, type Decide, type Decision, type Situation } from './decision.ts';
import { repeatOf } from './idempotency.ts';
import { invocationBytes } from '../sizes.ts';
import { eases } from './limits.ts';

type Input = CommandInputs['invocation.create'];

export const decideCreate: Decide<'invocation.create'> = (situation, command, ask) => {
  const { input } = command;
  const owner = ownerOf(situation, input);
  if (typeof owner === 'object') return owner;
  const forbidden = denied(ask.caller, 'invocation.create', owner);
  if (forbidden) return refuse(forbidden);

  const { claim, repeat } = repeatOf(situation, ask, command, {
    request: () => requestOf(input),
    made: (id) => firstAnswer(situation.find('invocation', id)),
  });
  if (repeat) return repeat;

  const { invocations } = situation.actors;
  const ends = endsIn(situation);
  if (!sessionsOf(input).every((id) => ends.letsAct(id))) return refuse('agent_session_not_found');
  if (invocations.count >= INVOCATIONS_LIVE_MAX) {
    return eases(situation, 'invocation_zone_limit_exceeded', INVOCATIONS_LIVE_MAX);
  }
  const { id, params: _params, metadata: _metadata, ...rest } = input;
  const facts = { ...rest, idempotencyKey: command.idempotencyKey ?? '' };
  if (invocations.bytes + invocationBytes(facts) > INVOCATIONS_BYTES_MAX) {
    return eases(situation, 'invocation_zone_limit_exceeded', INVOCATIONS_BYTES_MAX, 'limit_bytes');
  }
  const event = { type: 'invocation.created', v: 1, id, facts } as const;
  return { event, body: bodyOf(input), receipt: claim };
};

/** The application an invocation is made by. */
const ownerOf = ({ actors, find }: Situation, { serviceId, sourceSessionId }: Input): string | Refusal => {
  const service = actors.services.live(serviceId);
  if (!service) return refuse('agent_service_not_found');
  if (sourceSessionId === null) return service.context.applicationId;
  const source = find('session', sourceSessionId);
  return source ? source.context.applicationId : refuse('agent_session_not_found');
};

const bodyOf = ({ params, metadata }: Input): Buffer | null => {
  const isEmpty = isDeepStrictEqual(params, {}) && Object.keys(metadata).length === 0;
  return isEmpty ? null : encodeContent({ params, metadata });
};

/** An invocation as it was when it had just been created. */
const firstAnswer = (record: InvocationRecord | undefined): Decision => {
  if (!record) return refuse('idempotency_result_inactive');
  const { params, createdAt: at, startedSeq: seq } = record.context;
  const context = createdInvocation({ facts: record.context, bodyHash: params?.hash ?? null, at, seq });
  return { repeats: { kind: 'invocation', record: { id: record.id, state: { pending: 'queued' }, context } } };
};

/** What makes two requests the same: everything but the id that we make. */
const requestOf = ({ id: _id, ...asked }: Input): Readonly<Record<string, unknown>> => asked;
