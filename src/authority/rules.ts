// Who may do what: one row per right, on one screen. A command names the right it needs and the application it touches; a
// command without a row does not compile. `{app}` in a scope stands for that application.
import type { RefusalCode } from '../refusals.ts';
import type { Caller } from './caller.ts';

interface Rule {
  /** The application itself may. */
  readonly owner: boolean;
  /** Any of these scopes gives the right to anybody else. */
  readonly scopes: readonly string[];
  readonly refusal: RefusalCode;
}

const ADMIN = 'coordinator.admin';
const SPAWN_FOR = 'coordinator.spawn_for:{app}';
const DELEGATE_FROM = 'coordinator.delegate_from:{app}';
const INVOKE_FROM = 'coordinator.invoke_from:{app}';

const rules = {
  'session.start': { owner: true, scopes: [SPAWN_FOR], refusal: 'application_ownership_required' },
  'session.start-under': {
    owner: true,
    scopes: ['coordinator.spawn_under:{app}'],
    refusal: 'parent_ownership_required',
  },
  // A start without this right is not refused: its subject counts as unproven.
  'session.name-subject': {
    owner: false,
    scopes: [ADMIN, 'coordinator.subject_for:{app}'],
    refusal: 'application_ownership_required',
  },
  'session.suspend': { owner: true, scopes: [ADMIN, SPAWN_FOR], refusal: 'application_ownership_required' },
  'session.resume': { owner: true, scopes: [ADMIN, SPAWN_FOR], refusal: 'application_ownership_required' },
  'session.terminate': { owner: true, scopes: [ADMIN, SPAWN_FOR], refusal: 'application_ownership_required' },
  'session.heartbeat': { owner: true, scopes: [ADMIN, SPAWN_FOR], refusal: 'application_ownership_required' },
  'session.take-lease': { owner: true, scopes: [ADMIN, SPAWN_FOR], refusal: 'application_ownership_required' },
  'service.register': { owner: true, scopes: [SPAWN_FOR], refusal: 'application_ownership_required' },
  'invocation.create': { owner: true, scopes: [ADMIN, INVOKE_FROM], refusal: 'invoker_ownership_required' },
  'invocation.start': { owner: true, scopes: [ADMIN, INVOKE_FROM], refusal: 'invoker_ownership_required' },
  'invocation.cancel': { owner: true, scopes: [ADMIN, INVOKE_FROM], refusal: 'invoker_ownership_required' },
  'invocation.complete': { owner: true, scopes: [ADMIN, INVOKE_FROM], refusal: 'invoker_ownership_required' },
  'edge.create': { owner: true, scopes: [DELEGATE_FROM], refusal: 'issuer_ownership_required' },
  'edge.receive': {
    owner: true,
    scopes: [ADMIN, 'coordinator.delegate_to:{app}'],
    refusal: 'receiver_consent_required',
  },
  'edge.broad': {
    owner: false,
    scopes: [ADMIN, 'coordinator.delegate_broad', 'coordinator.delegate_broad:{app}'],
    refusal: 'broad_delegation_permission_required',
  },
  'edge.revoke': { owner: true, scopes: [ADMIN, DELEGATE_FROM], refusal: 'issuer_ownership_required' },
  'edge.trace': { owner: true, scopes: [ADMIN], refusal: 'issuer_ownership_required' },
  'edge.read': { owner: true, scopes: [ADMIN], refusal: 'issuer_ownership_required' },
} as const satisfies Record<string, Rule>;

export type Right = keyof typeof rules;

/**
 * How the receiver of an edge consents. `required`: the caller that creates the edge needs the right `edge.receive`,
 * and the resources belong to the issuer. `presented`: neither rule is checked. The receiver consents by presenting the
 * edge, and the issuer of tokens checks who owns the resources.
 */
export const RECEIVER_CONSENTS = ['required', 'presented'] as const;

export type ReceiverConsent = (typeof RECEIVER_CONSENTS)[number];

/** The right that a command needs on the application of what it names; null where only the operator may. */
export const rightOf = (command: string): Right | null => (Object.hasOwn(rules, command) ? (command as Right) : null);

/** The code to refuse with, or null where the caller may. The operator holds `coordinator.admin` in every zone. */
export const denied = (caller: Caller, right: Right, applicationId: string): RefusalCode | null => {
  const rule: Rule = rules[right];
  const may =
    caller.kind === 'operator'
      ? rule.scopes.includes(ADMIN)
      : (rule.owner && caller.applicationId === applicationId) ||
        rule.scopes.some((scope) => caller.scopes.has(scope.replace('{app}', () => applicationId)));
  return may ? null : rule.refusal;
};

/** The application itself and the scopes that give a right to others, `{app}` standing for that application. */
export const whoMay = (right: Right): string[] => {
  const { owner, scopes }: Rule = rules[right];
  return [...(owner ? ['the application itself'] : []), ...scopes];
};
