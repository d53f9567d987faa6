// The charts of the machines as `npm run machines` has drawn them, for the inspector's page. Drawing takes a library that is
// no part of the running process; here they are only read.
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Charts {
  /** How they look: a style sheet that the page has once. */
  readonly style: string;
  /**
   * By the id of the machine: SVG without a style, to stand in the page itself. The group of a state has `data-state`, its
   * name with dots; that of a transition has `data-edge`, `from:event:to` as the machine has them, and `from:event:from`
   * where the state stays as it is. `from` may be a state around the one that an actor was in, `to` one around where it is.
   */
  readonly drawings: ReadonlyMap<string, string>;
}

// They stand beside the source, and the compiler copies nothing: the package itself says where they are.
const STYLE = '#charts/chart.css';
const DRAWING = '.svg';

export const readCharts = async (): Promise<Charts> => {
  const style = createRequire(import.meta.url).resolve(STYLE);
  const folder = dirname(style);
  const files = (await readdir(folder)).filter((name) => name.endsWith(DRAWING)).toSorted();
  const drawings = files.map(
    async (name) => [name.slice(0, -DRAWING.length), await readFile(join(folder, name), 'utf8')] as const,
  );
  return { style: await readFile(style, 'utf8'), drawings: new Map(await Promise.all(drawings)) };
};
