// The shape of an OpenAPI 3.1 document, as a schema: the objects of the specification that this document has, closed, with
// what each requires. Schemas inside it are judged by JSON Schema itself.
const text = { type: 'string', minLength: 1 } as const;
const schema = { type: 'object', minProperties: 1 } as const;
const reference = (kind: string) =>
  ({
    type: 'object',
    properties: { $ref: { type: 'string', pattern: `^#/components/${kind}/` } },
    required: ['$ref'],
    additionalProperties: false,
  }) as const;

const object = (required: object, optional: object = {}) => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
  additionalProperties: false,
});
const mapOf = (value: object) => ({ type: 'object', additionalProperties: value });

const header = object({ description: text, schema }, { required: { type: 'boolean' } });
const example = object({ value: true });
const mediaType = object({ schema }, { example: true, examples: mapOf({ anyOf: [example, reference('examples')] }) });
const content = { ...mapOf(mediaType), minProperties: 1 };

const response = object({ description: text }, { headers: mapOf({ anyOf: [header, reference('headers')] }), content });

const parameter = object(
  { name: text, in: { enum: ['path', 'query', 'header', 'cookie'] }, schema },
  { description: text, required: { type: 'boolean' } },
);

const operation = object(
  {
    operationId: text,
    summary: text,
    tags: { type: 'array', items: text, minItems: 1 },
    security: { type: 'array', items: mapOf({ type: 'array', items: text }) },
    parameters: { type: 'array', items: { anyOf: [parameter, reference('parameters')] } },
    responses: {
      type: 'object',
      minProperties: 1,
      patternProperties: { '^[1-5][0-9][0-9]$': response },
      additionalProperties: false,
    },
  },
  { requestBody: object({ content }, { required: { type: 'boolean' } }) },
);

const methods = Object.fromEntries(['get', 'put', 'post', 'delete', 'patch'].map((method) => [method, operation]));

const securityScheme = object(
  { type: { const: 'http' }, scheme: { const: 'bearer' } },
  { bearerFormat: text, description: text },
);

const name = '^[a-zA-Z0-9._-]+$';
const named = (value: object) => ({
  type: 'object',
  patternProperties: { [name]: value },
  additionalProperties: false,
});

export const openApiShape = object(
  {
    openapi: text,
    info: object(
      { title: text, version: text },
      { description: text, license: object({ name: text }, { identifier: text }) },
    ),
    paths: {
      type: 'object',
      patternProperties: { '^/': { ...object({}, methods), minProperties: 1 } },
      additionalProperties: false,
    },
  },
  {
    // No jsonSchemaDialect: the page at /docs opens with a warning about any but OpenAPI's own, which is the usual.
    servers: { type: 'array', items: object({ url: text }) },
    tags: { type: 'array', uniqueItems: true, items: object({ name: text }, { description: text }) },
    components: object(
      {},
      {
        schemas: named(schema),
        parameters: named(parameter),
        headers: named(header),
        examples: named(example),
        securitySchemes: named(securityScheme),
      },
    ),
  },
);
