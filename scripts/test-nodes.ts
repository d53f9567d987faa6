// Runs the quick tests on other versions of Node than the current one. npm installs them into a temporary folder, as packages
// with one binary each; the folder is removed afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, UsageError } from './command-line.ts';

const USAGE = 'usage: npm run test:nodes [-- MAJOR...]';

/** The maintained versions. The usual tests run on the lowest version of `engines`. */
const MAJORS = ['22', '24'];

const ROOT = join(import.meta.dirname, '..');

/** The npm package with the binary of Node for this machine. The package `node` would need an install script. */
const binaryPackage = (): string => {
  const { platform, arch } = process;
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform === 'win32' ? 'win' : platform}-${arch}`;
};

/** Resolves to the exit code. */
const run = async (command: string, args: readonly string[], path = process.env['PATH'] ?? ''): Promise<number> => {
  const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, PATH: path } });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
};

const testOn = async (major: string, folder: string): Promise<boolean> => {
  const prefix = join(folder, major);
  const name = binaryPackage();
  const install = ['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', `${name}@${major}`];
  if ((await run('npm', install)) !== 0) throw new Error(`npm could not install Node ${major} (${name}).`);
  const path = [join(prefix, 'node_modules', name, 'bin'), process.env['PATH']].join(delimiter);
  await run('node', ['--eval', 'console.log(`Node ${process.version}`)'], path);
  return (await run('npm', ['run', '--silent', 'test:quick'], path)) === 0;
};

const testNodes = async (args: string[]): Promise<0 | 1> => {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const wrong = positionals.find((each) => !/^\d{2}$/.test(each));
  if (wrong !== undefined) throw new UsageError(`${wrong} is not a major version such as 22.`);
  const folder = await mkdtemp(join(tmpdir(), 'nodes-'));
  try {
    const failed = [];
    for (const major of positionals.length > 0 ? positionals : MAJORS)
      if (!(await testOn(major, folder))) failed.push(major);
    if (failed.length > 0) process.stdout.write(`The quick tests failed on Node ${failed.join(' and ')}.\n`);
    return failed.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

await runCommand(USAGE, testNodes);
