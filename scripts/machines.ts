// Shows every machine in `docs/machines/`: as a page, a picture, a Mermaid diagram and JSON; and gives the inspector its
// pictures, without their style. With `--check` it compares instead, for `npm run check`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pictureOf } from './chart-picture.ts';
import { svgOf } from './chart-svg.ts';
import { chartOf } from '../src/inspect/statechart.ts';
import { publish, ROOT, type GeneratedPage } from './generated.ts';
import { catalogue, type CataloguedMachine } from './machine-catalogue.ts';
import { jsonOf } from './machine-json.ts';
import { mermaidOf, openingComment, pageOf } from './machine-pages.ts';

const read = (path: string) => readFile(join(ROOT, path), 'utf8');

const style = await read('src/inspect/charts/chart.css');

const pagesOf = async ({ machine, source, visible }: CataloguedMachine): Promise<GeneratedPage[]> => {
  const chart = chartOf(machine);
  const picture = await pictureOf(chart);
  const prose = openingComment(await read(source));
  return [
    { path: `docs/machines/${chart.id}.md`, text: pageOf({ chart, source, prose, visible }) },
    { path: `docs/machines/${chart.id}.svg`, text: svgOf(picture, { style }) },
    { path: `docs/machines/${chart.id}.mmd`, text: mermaidOf(chart) },
    { path: `docs/machines/${chart.id}.machine.json`, text: jsonOf(machine) },
    { path: `src/inspect/charts/${chart.id}.svg`, text: svgOf(picture, { style: null }) },
  ];
};

await publish((await Promise.all(catalogue.map(pagesOf))).flat(), 'npm run machines');
