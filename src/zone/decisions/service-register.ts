// Registering a service agent: one per application and endpoint, so a second registration updates the first.
import { denied } from '../../authority/rules.ts';
import { SERVICE_BYTES_MAX, SERVICES_BYTES_MAX, SERVICES_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { encodeContent } from '../bodies.ts';
import type { Decide } from './decision.ts';
import { refusedApplication } from './directory-checks.ts';
import { repeatOf } from './idempotency.ts';
import { serviceBytes } from '../sizes.ts';
import { stays, tooLarge } from './limits.ts';

export const decideRegister: Decide<'service.register'> = (situation, command, ask) => {
  const { id: newId, metadata, ...facts } = command.input;
  const forbidden = denied(ask.caller, 'service.register', facts.applicationId);
  if (forbidden) return refuse(forbidden);
  const { services } = situation.actors;
  const { claim, repeat } = repeatOf(situation, ask, command, {
    request: () => ({ ...facts, metadata }),
    made: (id) => {
      const record = services.live(id);
      return record ? { repeats: { kind: 'service', record } } : refuse('idempotency_result_inactive');
    },
  });
  if (repeat) return repeat;

  const unknown = refusedApplication(situation, facts.applicationId);
  if (unknown) return unknown;
  const present = services.at(facts);
  const full = refusedServices(services.bytes, serviceBytes(facts), present && serviceBytes(present.context));
  if (full) return full;
  if (!present && services.count >= SERVICES_MAX) return stays('service_zone_limit_exceeded', SERVICES_MAX);
  const body = Object.keys(metadata).length === 0 ? null : encodeContent({ metadata });
  const event = present
    ? ({ type: 'service.updated', v: 1, id: present.id, facts } as const)
    : ({ type: 'service.registered', v: 1, id: newId, facts } as const);
  return { event, body, receipt: claim };
};

/** A registration that is no larger than the one it replaces is never refused for the limits of the zone. */
export const refusedServices = (held: number, bytes: number, replaced: number | undefined): Refusal | null => {
  if (bytes > SERVICE_BYTES_MAX) return tooLarge(['capabilities'], bytes, SERVICE_BYTES_MAX);
  const more = bytes - (replaced ?? 0);
  return more > 0 && held + more > SERVICES_BYTES_MAX
    ? stays('service_zone_limit_exceeded', SERVICES_BYTES_MAX, 'limit_bytes')
    : null;
};
