// The inspector's page at `/inspector`: hand-written modules that are served as they are, the charts of the machines, and one
// library. Nothing of it is secret: what it shows it asks for with the operator's token.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Router } from '@koa/router';
import type { ReceiverConsent } from '../../authority/rules.ts';
import { readCharts } from '../../inspect/charts.ts';
import { describedMachines } from '../../inspect/described.ts';
import { refuse } from '../../refusals.ts';
import { sendRefusal, type RequestContext, type RequestState } from '../context.ts';
import { sendStored, storedAnswer, type StoredAnswer } from '../stored-answer.ts';

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';
const SVG = 'image/svg+xml';
const JSON_TYPE = 'application/json; charset=utf-8';

const MODULES = [
  'actor-panel.js',
  'api.js',
  'calls.js',
  'chart.js',
  'delegations.js',
  'element.js',
  'machines.js',
  'main.js',
  'mosaic.js',
  'path.js',
  'preview.js',
  'selection.js',
  'sessions-order.js',
  'stately.js',
  'stream.js',
  'tree.js',
  'words.js',
  'world.js',
  'zone-itself.js',
  'zone-list.js',
];

/** Nothing but what this process serves, and a frame of the hosted inspector where somebody asks for it. */
const policyWith = (stately: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    `frame-src ${new URL(stately).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

interface Page {
  readonly html: StoredAnswer;
  readonly files: Readonly<Record<string, StoredAnswer>>;
}

export interface PageSettings {
  /** Where the hosted inspector is. */
  readonly statelyInspectorUrl: string;
  readonly receiverConsent: ReceiverConsent;
}

export const addInspectorPage = (router: Router<RequestState>, settings: PageSettings): void => {
  const policy = policyWith(settings.statelyInspectorUrl);
  let loading: Promise<Page> | null = null;
  // Read when somebody first wants to see it. What failed is tried again with the next request.
  const load = (): Promise<Page> =>
    (loading ??= loadPage(settings).catch((error: unknown) => {
      loading = null;
      throw error;
    }));
  router.get('/inspector', async (context) => {
    context.set('Content-Security-Policy', policy);
    context.set('Referrer-Policy', 'no-referrer');
    // The window that is opened for the hosted inspector has to find this one.
    context.set('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
    sendStored(context, (await load()).html);
  });
  router.get('/inspector/files/:file', async (context) => sendFile(context as RequestContext, (await load()).files));
};

const loadPage = async ({ statelyInspectorUrl, receiverConsent }: PageSettings): Promise<Page> => {
  const { resolve } = createRequire(import.meta.url);
  const folder = dirname(resolve('#inspector/index.html'));
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const files: Record<string, StoredAnswer> = {};
  for (const name of MODULES) files[name] = storedAnswer(SCRIPT, await read(name));
  files['style.css'] = storedAnswer(STYLE, await read('style.css'));
  files['icon.svg'] = storedAnswer(SVG, await read('icon.svg'));
  files['dagre.js'] = storedAnswer(SCRIPT, await readFile(join(dirname(resolve('@dagrejs/dagre')), 'dagre.esm.js')));
  files['machines.json'] = storedAnswer(JSON_TYPE, JSON.stringify(describedMachines(receiverConsent)));
  const { style, drawings } = await readCharts();
  files['chart.css'] = storedAnswer(STYLE, style);
  for (const [machine, drawing] of drawings) files[`${machine}.svg`] = storedAnswer(SVG, drawing);
  const html = (await read('index.html')).replace('{stately}', statelyInspectorUrl);
  return { html: storedAnswer('text/html; charset=utf-8', html), files };
};

const sendFile = (context: RequestContext, files: Page['files']): void => {
  const { file: name = '' } = context['params'] as { readonly file?: string };
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  if (file) sendStored(context, file);
  else sendRefusal(context, refuse('not_found'));
};
