// Whether what a command names is still as its caller says that it was seen. Only what would be carried out is asked this, just
// before it is (RFC 9110, section 13.2.1), and in the same turn: nobody comes between the look and the change.
import { refuse, type Refusal } from '../../refusals.ts';
import type { Command } from '../commands.ts';
import { unmetBy } from '../conditions.ts';
import { tagNamedBy } from '../entity-tags.ts';

export const refusedCondition = (command: Command, parts: Parameters<typeof tagNamedBy>[1]): Refusal | null => {
  if (!command.conditions) return null;
  return unmetBy(tagNamedBy(command, parts), command.conditions) === null ? null : refuse('precondition_failed');
};
