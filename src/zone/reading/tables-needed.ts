// Which tables of what has left memory an answer may rely on: "not there" has to be believable of them first.
import type { Caller } from '../../authority/caller.ts';
import type { Actors } from '../actors/actors.ts';
import type { Command, Query } from '../commands.ts';
import { lessens } from '../decisions/lessening.ts';
import { effectOf } from '../effects.ts';
import type { ArchiveTable } from '../checkpoints/stored-keys.ts';

export const tablesNeeded = (asked: Command | Query, caller: Caller, actors: Actors): ArchiveTable[] => {
  const needed: ArchiveTable[] = tablesNamed(asked, actors);
  if (isBoundToArchived(caller, actors)) needed.push('session');
  if (effectOf(asked.type) === 'adds' && namesArchivedEdge(caller, actors)) needed.push('edge');
  if (mustKnowReceipts(asked)) needed.push('receipt');
  return needed;
};

// A stop does not wait until all receipts were counted: a receipt that is lost only makes a repeated stop a 404 or a 409.
const mustKnowReceipts = (asked: Command | Query): boolean =>
  'idempotencyKey' in asked && asked.idempotencyKey !== null && !lessens(asked.type);

/** Whether the token names a session that is not in memory. */
const isBoundToArchived = (caller: Caller, actors: Actors): boolean =>
  caller.kind === 'bearer' && caller.agentSessionId !== null && !actors.find('session', caller.agentSessionId);

/** Whether the token names an edge that is not in memory. */
const namesArchivedEdge = (caller: Caller, actors: Actors): boolean =>
  caller.kind === 'bearer' && caller.delegationEdgeId !== null && !actors.find('edge', caller.delegationEdgeId);

const tablesNamed = ({ type, input }: Command | Query, actors: Actors): ArchiveTable[] => {
  switch (type) {
    case 'session.start':
    case 'service.register':
    case 'service.list':
    case 'edge.create':
    case 'edge.revoke':
    case 'edge.active':
    case 'edge.held':
    case 'edge.traverse':
    case 'edge.impact':
    case 'directory.register':
    case 'directory.archive':
    case 'directory.get':
    case 'directory.list':
    case 'caller.standing':
    case 'zone.announcements':
      return [];
    case 'session.list':
      return ['session'];
    case 'session.children':
      return ['session', 'child'];
    case 'invocation.list':
      return ['invocation'];
    case 'invocation.create': {
      const { sourceSessionId } = input as Command<'invocation.create'>['input'];
      return sourceSessionId === null || actors.find('session', sourceSessionId) ? [] : ['session'];
    }
    case 'invocation.get':
    case 'invocation.history':
    case 'invocation.start':
    case 'invocation.cancel':
    case 'invocation.complete':
      return actors.find('invocation', idOf(input)) ? [] : ['invocation'];
    case 'edge.inbound':
    case 'edge.outbound':
      return ['session', 'edge', type === 'edge.inbound' ? 'inbound' : 'outbound'];
    case 'edge.history':
      return actors.find('edge', idOf(input)) ? [] : ['edge'];
    case 'actor.path': {
      const { kind, id } = input as Query<'actor.path'>['input'];
      return actors.find(kind, id) ? [] : [kind];
    }
    case 'token.liveness': {
      const { agentSessionId, delegationEdgeId } = input as Query<'token.liveness'>['input'];
      const session: ArchiveTable[] =
        agentSessionId === null || actors.find('session', agentSessionId) ? [] : ['session'];
      return delegationEdgeId === null || actors.find('edge', delegationEdgeId) ? session : [...session, 'edge'];
    }
    default:
      return actors.find('session', idOf(input)) ? [] : ['session'];
  }
};

const idOf = (input: object): string => (input as { readonly id: string }).id;
