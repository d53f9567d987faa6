// `/docs`: the document as a page. Everything it needs comes from this process, and the browser is told to take nothing from
// anywhere else and to run no script that does not stand in a file of ours.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Router } from '@koa/router';
import { refuse } from '../refusals.ts';
import { sendRefusal, type RequestContext, type RequestState } from './context.ts';
import { sendStored, storedAnswer, type StoredAnswer } from './stored-answer.ts';

const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** The files of the package that the page uses, and their types. */
const PACKAGE_FILES = {
  'swagger-ui.css': CSS,
  'swagger-ui-bundle.js': SCRIPT,
  'favicon-32x32.png': 'image/png',
} as const;

// Addresses are relative to the page, so that it works behind a proxy that puts a path before it. The online validator
// would be an outside request.
const INITIALIZER = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
});
`;

// The style sheet has its pictures inside, as data. Styles that scripts set go through the object model, which is allowed.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Files = Readonly<Record<string, StoredAnswer>>;

export const addDocsPage = (router: Router<RequestState>): void => {
  let loading: Promise<Page> | null = null;
  // Read when somebody first wants to see it. What failed is tried again with the next request.
  const load = (): Promise<Page> =>
    (loading ??= loadPage().catch((error: unknown) => {
      loading = null;
      throw error;
    }));
  router.get('/docs', async (context) => {
    context.set('Content-Security-Policy', POLICY);
    context.set('Referrer-Policy', 'no-referrer');
    sendStored(context, (await load()).html);
  });
  router.get('/docs/:file', async (context) => sendFile(context as RequestContext, (await load()).files));
};

interface Page {
  readonly html: StoredAnswer;
  readonly files: Files;
}

const loadPage = async (): Promise<Page> => {
  const { resolve } = createRequire(import.meta.url);
  const files: Record<string, StoredAnswer> = { 'initializer.js': storedAnswer(SCRIPT, INITIALIZER) };
  for (const [name, type] of Object.entries(PACKAGE_FILES)) {
    files[name] = storedAnswer(type, await readFile(resolve(`swagger-ui-dist/${name}`)));
  }
  return { html: storedAnswer('text/html; charset=utf-8', htmlOf(files)), files };
};

const htmlOf = (files: Files): string => {
  const address = (name: string) => `docs/${name}?v=${files[name]?.hash}`;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Agent Coordinator</title>
    <link rel="stylesheet" href="${address('swagger-ui.css')}" />
    <link rel="icon" type="image/png" href="${address('favicon-32x32.png')}" />
    <script src="${address('swagger-ui-bundle.js')}" defer></script>
    <script src="${address('initializer.js')}" defer></script>
  </head>
  <body>
    <div id="swagger-ui"></div>
  </body>
</html>
`;
};

const sendFile = (context: RequestContext, files: Files): void => {
  const { file: name = '' } = context['params'] as { readonly file?: string };
  const file = Object.hasOwn(files, name) ? files[name] : undefined;
  if (!file) return sendRefusal(context, refuse('not_found'));
  sendStored(context, file, context.query['v'] === file.hash);
};
