// What an operator registers in a zone's directory.
import { Type } from 'typebox';
import { Scopes } from './delegation.ts';
import { EXAMPLE } from './examples.ts';
import { InstantOrNull, InstantText, Name, oneOf } from './primitives.ts';

export const ApplicationBody = Type.Object(
  { registration_method: oneOf(['managed', 'dcr']), expires_at: Type.Optional(InstantOrNull) },
  { title: 'RegisterApplication', examples: [{ registration_method: 'managed' }] },
);

export const SubjectSessionBody = Type.Object(
  { session_type: oneOf(['user', 'application']), expires_at: InstantText },
  { title: 'RegisterSubjectSession', examples: [{ session_type: 'user', expires_at: EXAMPLE.until }] },
);

export const ResourceBody = Type.Object(
  { identifier: Name, application_id: Name, scopes: Scopes },
  {
    title: 'RegisterResource',
    examples: [{ identifier: EXAMPLE.identifier, application_id: EXAMPLE.application, scopes: ['read', 'write'] }],
  },
);
