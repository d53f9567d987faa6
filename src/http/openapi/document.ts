// The API as an OpenAPI 3.1 document, made from the very rows that are served and the schemas that validate. It is made
// once, at start.
import { routes } from '../routes/routes.ts';
import { operationOf, type Operation } from './operation.ts';
import { followZone } from './event-operation.ts';
import { commonHeaders, commonParameters, parametersOf, templateOf } from './parameters.ts';
import { publicOperations } from './public-operations.ts';
import { refusalExamples, responsesOf } from './responses.ts';
import { Schemas, type Json } from './schemas.ts';

const VERSION = '0.1.0';

const DESCRIPTION = `Knows which AI agents are running, on whose behalf and with what authority, and stops any of them with
everything below it. Answers about a zone say in \`Coordinator-Seq\` which entry of its journal they reflect. A request that
is none, whose headers are too large or that does not arrive in time is refused before it has a route: 400
\`invalid_request\`, 431 \`headers_too_large\`, 408 \`request_timeout\`; one for no route with 404 \`not_found\`, or with 405
\`method_not_allowed\` and \`Allow\`. The operator can look at the actors of a
zone while they change: \`GET /inspector/stream\` (Server-Sent Events) and \`GET /inspector/ws\` (a WebSocket, else 426
\`upgrade_required\`) take \`zone\`, \`session\`, \`events\` and \`show\`.`;

/** Groups of operations, in the order of the document; the first whose paths fit counts. */
const TAGS: readonly { readonly name: string; readonly paths: RegExp }[] = [
  { name: 'Agent sessions', paths: /^\/zones\/:zoneId\/agents/ },
  { name: 'Service agents', paths: /^\/zones\/:zoneId\/agent-services/ },
  { name: 'Invocations', paths: /^\/zones\/:zoneId\/invocations/ },
  { name: 'Delegations', paths: /^\/zones\/:zoneId\/delegations/ },
  { name: 'Events', paths: /^\/zones\/:zoneId\/events/ },
  { name: 'Directory', paths: /^\/zones\/:zoneId\// },
  { name: 'SDK lifecycle', paths: /^\/v1\// },
  { name: 'Inspector', paths: /^\/inspector\// },
  { name: 'Figures', paths: /^\/(?:metrics|stats)$/ },
  { name: 'Public', paths: /^/ },
];

/** Every operation of this process. `ownIssuer`: whether it issues the tokens itself. */
export const operationsOf = (ownIssuer: boolean): readonly Operation[] => [
  ...routes.map(operationOf),
  followZone,
  ...publicOperations(ownIssuer),
];

export const openApiDocument = (ownIssuer: boolean): Json => {
  const operations = operationsOf(ownIssuer);
  const schemas = new Schemas();
  const paths = pathsOf(operations, schemas);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Agent Coordinator',
      version: VERSION,
      description: DESCRIPTION.replaceAll('\n', ' '),
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: TAGS.map(({ name }) => ({ name })),
    paths,
    components: {
      schemas: schemas.components(),
      parameters: commonParameters,
      headers: commonHeaders,
      examples: refusalExamples(new Set(operations.flatMap(({ refusals }) => refusals))),
      securitySchemes,
    },
  };
};

const securitySchemes = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of the issuer (ES256, RFC 7519) for the zone and the application.',
  },
  operator: { type: 'http', scheme: 'bearer', description: "The operator's token, which opens these in any zone." },
} as const;

const pathsOf = (operations: readonly Operation[], schemas: Schemas): Json => {
  const paths: Record<string, Record<string, Json>> = {};
  for (const each of operations) {
    (paths[templateOf(each.path)] ??= {})[each.method.toLowerCase()] = told(each, schemas);
  }
  return paths;
};

const told = (operation: Operation, schemas: Schemas): Json => ({
  operationId: operation.operationId,
  summary: operation.summary,
  tags: TAGS.filter(({ paths }) => paths.test(operation.path))
    .slice(0, 1)
    .map(({ name }) => name),
  security: operation.callers.map((scheme) => ({ [scheme]: [] })),
  parameters: parametersOf(operation, schemas),
  ...(operation.body ? { requestBody: requestBodyOf(operation.body, schemas) } : {}),
  responses: responsesOf(operation, schemas),
});

/** A body of which nothing is required may be left out. */
const requestBodyOf = (body: NonNullable<Operation['body']>, schemas: Schemas): Json => {
  const { required = [], examples = [] } = body as { required?: readonly string[]; examples?: readonly object[] };
  return {
    required: required.length > 0,
    content: { 'application/json': { schema: schemas.of(body), example: examples[0] } },
  };
};
