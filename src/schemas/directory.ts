// What an operator registers in a zone's directory.
import { Type } from 'typebox';
import { Scopes } from './delegation.ts';
import { InstantOrNull, InstantText, Name, oneOf } from './primitives.ts';

export const ApplicationBody = Type.Object({
  registration_method: oneOf(['managed', 'dcr']),
  expires_at: Type.Optional(InstantOrNull),
});

export const SubjectSessionBody = Type.Object({
  session_type: oneOf(['user', 'application']),
  expires_at: InstantText,
});

export const ResourceBody = Type.Object({ identifier: Name, application_id: Name, scopes: Scopes });
