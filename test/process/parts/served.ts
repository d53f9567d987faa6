// Everything that a coordinator serves from a data directory, read back over HTTP: what a damaged copy is compared by. What
// is asked is fixed beforehand, from what the undamaged directory is known to hold.
import { createOwnIssuer } from '../../../src/auth/own-issuer.ts';
import { OWN_ISSUER } from '../../world/own-issuer.ts';
import { Connection } from './server.ts';
import type { Clock } from '../../../src/clock.ts';

/** A request that can be repeated: nothing that was carried out before is changed by it. */
export interface Question {
  readonly zone: string | null;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly token: string | null;
  readonly body?: object;
  readonly key?: string;
}

export interface Served {
  readonly status: number;
  /** The zone's sequence that the answer reflects, and the body without its request id. */
  readonly seq: string | null;
  readonly body: unknown;
}

export type Reading =
  | { readonly answers: readonly Served[]; readonly ready: Served }
  /** The start was refused, with that sentence. */
  | { readonly refused: string }
  /** The process did not survive it: how it ended and what it said. */
  | { readonly ended: string };

/** Asks in this order, so that a repeat which is not recognised as one cannot change what is read after it. */
export const readAll = async (
  url: string,
  questions: readonly Question[],
): Promise<{ answers: Served[]; ready: Served }> => {
  const connection = new Connection(url);
  try {
    const answers: Served[] = [];
    for (const question of questions) answers.push(await ask(connection, question));
    const ready = await ask(connection, { zone: null, method: 'GET', path: '/ready', token: null });
    return { answers, ready };
  } finally {
    connection.close();
  }
};

/** Whether a token that is made with the key on disk now is one that the server takes. */
export const askWithFreshToken = async (
  url: string,
  question: Question & { readonly zone: string },
  { dataDir, clock }: { dataDir: string; clock: Clock },
): Promise<Served> => {
  const minted = await mint(dataDir, question.zone, clock);
  if ('problem' in minted) return { status: 503, seq: null, body: { error: 'no_token', reason: minted.problem } };
  const connection = new Connection(url);
  try {
    return await ask(connection, { ...question, token: minted.token });
  } finally {
    connection.close();
  }
};

const ask = async (connection: Connection, { method, path, token, body, key }: Question): Promise<Served> => {
  const sending = {
    ...(token !== null && { token }),
    ...(body && { body }),
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  };
  const answer = await connection.call(method, path, sending);
  const { requestId: _, ...rest } = answer.body ?? {};
  return { status: answer.status, seq: String(answer.headers['coordinator-seq'] ?? '') || null, body: rest };
};

const mint = async (dataDir: string, zone: string, clock: Clock): Promise<{ token: string } | { problem: string }> => {
  try {
    const grant = { zone, applicationId: 'app-a', subject: 'tester', scope: 'agent:lifecycle', ttlSeconds: 3_600 };
    return {
      token: await createOwnIssuer({ dataDir, issuer: OWN_ISSUER, clock }).mint({ ...grant, now: clock.now() }),
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};
