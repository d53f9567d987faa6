// Pages that are made from the code. They are written, or, with `--check`, compared with what is there: then nothing is
// touched, and a page that drifted is named and fails the command.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { format } from 'prettier';

export const ROOT = join(import.meta.dirname, '..');

export interface GeneratedPage {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
}

/** Writes the pages or compares them, as the command line says, and sets the exit code. */
export const publish = async (pages: readonly GeneratedPage[], remedy: string): Promise<void> => {
  const finished = await Promise.all(pages.map(tidied));
  if (!process.argv.includes('--check')) return writeAll(finished);
  const drifted = await driftedOf(finished);
  if (drifted.length === 0) return;
  console.error(`Not as the code says: ${drifted.join(', ')}. Run "${remedy}" and commit what changes.`);
  process.exitCode = 1;
};

const tidied = async ({ path, text }: GeneratedPage): Promise<GeneratedPage> => ({
  path,
  text: path.endsWith('.md') ? await format(text, { parser: 'markdown', printWidth: 120 }) : text,
});

const writeAll = async (pages: readonly GeneratedPage[]): Promise<void> => {
  for (const { path, text } of pages) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), text);
  }
};

const driftedOf = async (pages: readonly GeneratedPage[]): Promise<string[]> => {
  const drifted: string[] = [];
  for (const { path, text } of pages) {
    const there = await readFile(join(ROOT, path), 'utf8').catch(() => null);
    if (there !== text) drifted.push(path);
  }
  return drifted;
};
