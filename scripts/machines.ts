// Draws every machine: `docs/machines/<id>.mmd` and `<id>.md`. With `--check` it compares instead, for `npm run check`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chartOf } from './chart.ts';
import { publish, ROOT, type GeneratedPage } from './generated.ts';
import { catalogue, type CataloguedMachine } from './machine-catalogue.ts';
import { mermaidOf, openingComment, pageOf } from './machine-pages.ts';

const pagesOf = async ({ machine, source, visible }: CataloguedMachine): Promise<GeneratedPage[]> => {
  const chart = chartOf(machine);
  const prose = openingComment(await readFile(join(ROOT, source), 'utf8'));
  return [
    { path: `docs/machines/${chart.id}.mmd`, text: mermaidOf(chart) },
    { path: `docs/machines/${chart.id}.md`, text: pageOf({ chart, source, prose, visible }) },
  ];
};

await publish((await Promise.all(catalogue.map(pagesOf))).flat(), 'npm run machines');
