// A flood in a process of its own: connections that send reads of every kind and worthless bearers as fast as they are answered, or
// that pipeline the heaviest reads and take in nothing of their answers. Told by its parent what to send; ends with it.
import { connect } from 'node:net';
import { Connection, type Asked } from './client.ts';

export interface Flood {
  readonly port: number;
  readonly connections: number;
  readonly asked: readonly Asked[];
  /** Each connection uses one of them. */
  readonly tokens: readonly string[];
  /** Whether the answers are left unread. */
  readonly isUnread: boolean;
}

/** Answers so far, by status. */
export type Answered = Readonly<Record<number, number>>;

const answered: Record<number, number> = {};
/** Requests of one connection that does not read. */
const PIPELINED = 60;

const keepAsking = async (connection: Connection, asked: readonly Asked[], first: number): Promise<void> => {
  for (let n = first; ; n += 1) {
    const { status } = await connection.ask(asked[n % asked.length] ?? { method: 'GET', path: '/health' });
    answered[status] = (answered[status] ?? 0) + 1;
  }
};

const askUnread = ({ port, asked }: Flood, token: string): void => {
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  // A connection that was closed is opened again.
  socket.once('error', () => socket.destroy());
  socket.once('close', () =>
    setTimeout(() => askUnread({ port, asked, connections: 1, tokens: [], isUnread: true }, token), 100),
  );
  for (let n = 0; n < PIPELINED; n += 1) {
    const { method, path } = asked[n % asked.length] ?? { method: 'GET', path: '/health' };
    socket.write(`${method} ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${token}\r\n\r\n`);
  }
};

const begin = async (flood: Flood): Promise<void> => {
  const tokens = Array.from({ length: flood.connections }, (_, n) => flood.tokens[n % flood.tokens.length] ?? '');
  if (flood.isUnread) return tokens.forEach((token) => askUnread(flood, token));
  const open = await Promise.all(tokens.map((token) => Connection.open(flood.port, token)));
  for (const [n, connection] of open.entries()) void keepAsking(connection, flood.asked, n);
};

process.on('message', (flood: Flood | 'tell') => {
  if (flood === 'tell') process.send?.(answered);
  else void begin(flood).then(() => process.send?.(answered));
});
