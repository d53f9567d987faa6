// What a WebSocket brought, as text.
import type { RawData } from 'ws';

export const textOf = (data: RawData): string =>
  Array.isArray(data) ? Buffer.concat(data).toString() : Buffer.from(data as Buffer).toString();
