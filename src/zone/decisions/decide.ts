// Every command and the decision that belongs to it. A command without one does not compile.
import type { Ask, Command, CommandType } from '../commands.ts';
import type { Decide, Decision, Situation } from './decision.ts';
import { decideResume, decideSuspend, decideTerminate } from './session-hold.ts';
import { decideStart } from './session-start.ts';

const decisions: { readonly [T in CommandType]: Decide<T> } = {
  'session.start': decideStart,
  'session.suspend': decideSuspend,
  'session.resume': decideResume,
  'session.terminate': decideTerminate,
};

export const decide = <T extends CommandType>(situation: Situation, command: Command<T>, ask: Ask): Decision =>
  decisions[command.type](situation, command, ask);
