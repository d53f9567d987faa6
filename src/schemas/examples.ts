// The names that examples are made of. They tell one story, that of the README: a planner of the application `travel`
// hands work to a child and to a service. A test puts real ids in their place and sends every example.

export const EXAMPLE = {
  zone: 'z1',
  application: 'travel',
  subjectSession: 'user-7',
  resource: 'hotels',
  identifier: 'urn:travel:hotels',
  session: '019b76da-a800-7000-8000-000000000001',
  child: '019b76da-a800-7000-8000-000000000002',
  worker: '019b76da-a800-7000-8000-000000000003',
  service: '019b76da-a800-7000-8000-000000000004',
  invocation: '019b76da-a800-7000-8000-000000000005',
  edge: '019b76da-a800-7000-8000-000000000006',
  requestId: '019b76da-a800-4000-8000-000000000007',
  token: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0ZXN0ZXIifQ.c2lnbmF0dXJl',
  /** When it happened, and until when it holds. */
  at: '2026-01-01T12:00:00.000Z',
  until: '2030-01-01T12:00:00.000Z',
} as const;
