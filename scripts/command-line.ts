// What every command does with its command line: `--help` says how it is used, a mistake says that too and fails, and an
// error is a sentence, never a stack.
import { stat } from 'node:fs/promises';

/** A mistake on the command line, in a sentence for who made it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OWNER_ONLY = 0o077;

/** Runs `work` with the arguments; what it gives is the exit code. */
export const runCommand = async (usage: string, work: (args: string[]) => Promise<0 | 1>): Promise<void> => {
  // LevelDB writes files of its own whenever it is opened, and leaves their modes to the umask.
  process.umask(OWNER_ONLY);
  // A reader that has seen enough, such as `head`, closes the pipe.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(`${usage}\n`);
  try {
    process.exitCode = await work(args);
  } catch (error) {
    process.stderr.write(`${explained(error, usage)}\n`);
    process.exitCode = 1;
  }
};

const explained = (error: unknown, usage: string): string => {
  if (!(error instanceof Error)) return String(error);
  const isUsage =
    error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
  const cause = error.cause instanceof Error ? `\n${error.cause.message}` : '';
  return `${error.message}${cause}${isUsage ? `\n${usage}` : ''}`;
};

/** Rejects with a sentence where there is no such directory: a command that looks must not make one. */
export const demandDirectory = async (dir: string): Promise<string> => {
  const found = await stat(dir).catch(() => null);
  if (!found?.isDirectory()) throw new Error(`There is no data directory ${dir}. Say where it is with --data DIR.`);
  return dir;
};
