// What is answered about a zone's directory.
import { answer, At, orNothing, Text, Texts } from './answers.ts';
import { EXAMPLE } from './examples.ts';
import { oneOf } from './primitives.ts';

const named = { id: Text, zone_id: Text };
const dated = { registered_at: At, archived_at: orNothing(At) };
const datedExample = { registered_at: EXAMPLE.at, archived_at: null };

export const Application = answer(
  'Application',
  { ...named, registration_method: oneOf(['managed', 'dcr']), expires_at: orNothing(At), ...dated },
  {
    id: EXAMPLE.application,
    zone_id: EXAMPLE.zone,
    registration_method: 'managed',
    expires_at: null,
    ...datedExample,
  },
);

export const SubjectSession = answer(
  'SubjectSession',
  { ...named, session_type: oneOf(['user', 'application']), expires_at: At, ...dated },
  {
    id: EXAMPLE.subjectSession,
    zone_id: EXAMPLE.zone,
    session_type: 'user',
    expires_at: EXAMPLE.until,
    ...datedExample,
  },
);

export const Resource = answer(
  'Resource',
  { ...named, identifier: Text, application_id: Text, scopes: Texts, ...dated },
  {
    id: EXAMPLE.resource,
    zone_id: EXAMPLE.zone,
    identifier: EXAMPLE.identifier,
    application_id: EXAMPLE.application,
    scopes: ['read', 'write'],
    ...datedExample,
  },
);
