// What callers send about service agents and heartbeats.
import { Type } from 'typebox';
import { EXAMPLE } from './examples.ts';
import { FreeForm, Name, oneOf, orNull, UNSPACED } from './primitives.ts';
import { LeaseGeneration } from './session.ts';

const ENDPOINT_LENGTH_MAX = 2_048;
const NAMES_MAX = 64;

/** An absolute http or https address without credentials: it is shown to whoever may list services. */
const EndpointUrl = Type.Unsafe<string>({
  type: 'string',
  minLength: 1,
  maxLength: ENDPOINT_LENGTH_MAX,
  pattern: UNSPACED,
  webEndpoint: true,
});

const Names = Type.Array(Name, { maxItems: NAMES_MAX });

export const RegisterBody = Type.Object(
  {
    application_id: Name,
    endpoint_url: EndpointUrl,
    protocol_versions: Type.Optional(Names),
    framework: Type.Optional(
      Type.Unsafe<{ readonly name: string; readonly version?: string | null } | null>({
        type: ['object', 'null'],
        properties: { name: Name, version: orNull(Name) },
        required: ['name'],
      }),
    ),
    capabilities: Type.Optional(Names),
    metadata: Type.Optional(FreeForm),
  },
  {
    title: 'RegisterService',
    examples: [
      {
        application_id: EXAMPLE.application,
        endpoint_url: 'https://hotels.example/agent',
        protocol_versions: ['1.0'],
        framework: { name: 'langgraph', version: '1.0' },
        capabilities: ['search'],
        metadata: { region: 'eu' },
      },
    ],
  },
);

export const HeartbeatBody = Type.Object(
  {
    service_id: Type.Optional(orNull(Name)),
    status: Type.Optional(oneOf(['starting', 'healthy', 'degraded', 'unhealthy'])),
    active_invocations: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    metadata: Type.Optional(FreeForm),
    lease_generation: Type.Optional(LeaseGeneration),
  },
  {
    title: 'SendHeartbeat',
    examples: [{ service_id: EXAMPLE.service, status: 'healthy', active_invocations: 1, lease_generation: 1 }],
  },
);
