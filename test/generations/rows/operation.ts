// Probes and figures.
import { both, same, type Row } from '../row.ts';

export const operationRows: readonly Row[] = [
  {
    call: 'GET /health',
    input: '',
    ...same('200'),
    reads: { both: ['ok'] },
    send: (setting) => setting.client.send('GET', '/health'),
  },
  {
    call: 'GET /ready',
    input: '',
    ...same('200'),
    reads: { both: ['ok'] },
    send: (setting) => setting.client.send('GET', '/ready'),
  },
  {
    call: 'GET /metrics',
    input: 'the operator token',
    ...same('200'),
    send: (setting) => setting.operator.send('GET', '/metrics'),
  },
  {
    call: 'GET /metrics',
    input: 'a JWT',
    ...same('403 operator_token_required'),
    send: (setting) => setting.client.send('GET', '/metrics'),
  },
  {
    call: 'GET /stats',
    input: 'the operator token',
    ...same('200'),
    reads: { both: ['invocations', 'outbox.pending', 'outbox.dead'] },
    shows: { outbox: { pending: 0, dead: 0 } },
    send: (setting) => setting.operator.send('GET', '/stats'),
  },
  {
    call: 'GET /stats',
    input: 'a JWT',
    ...same('403 operator_token_required'),
    send: (setting) => setting.client.send('GET', '/stats'),
  },
  {
    call: 'GET /stats',
    input: 'a bearer that is no JWT and not the operator token',
    ...both('403 operator_token_required'),
    ours: '401 invalid_token',
    send: (setting) => setting.client.with({ token: 'not-the-operator-token' }).send('GET', '/stats'),
  },
  {
    call: 'GET /stats',
    input: 'no bearer',
    ...same('401 missing_token'),
    send: (setting) => setting.client.with({ token: null }).send('GET', '/stats'),
  },
];
