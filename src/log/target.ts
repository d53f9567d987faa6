// How bytes reach a file descriptor without making the event loop wait: a pipe, socket or terminal is written without
// blocking and refuses what its reader has no room for; a file is written by a thread.
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Calls back with how many bytes were taken, or with the error. */
export type Taken = (error: Error | null, taken: number) => void;

export interface LogTarget {
  readonly fd: number;
  /** Whether bytes are still being written when `write` returns. */
  readonly isAsync: boolean;
  readonly write: (bytes: Uint8Array, done: Taken) => void;
}

/** A descriptor of this process, such as 1. */
export const targetOf = (fd: number): LogTarget => {
  const stat = fstatSync(fd);
  const open = stat.isFile() ? null : (reopened(fd) ?? unblocked(fd));
  return open === null ? inThread(fd) : withoutBlocking(open);
};

// An open file description of its own: the flag must not reach other processes, or standard error, over the shared one.
const reopened = (fd: number): number | null => {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // No such system, a pipe that another user made, or a socket.
    return null;
  }
};

// libuv makes what it opens non-blocking. The socket object itself is never written to.
const unblocked = (fd: number): number | null => {
  try {
    new Socket({ fd, readable: false, writable: true }).unref();
    return fd;
  } catch {
    return null;
  }
};

const withoutBlocking = (fd: number): LogTarget => ({
  fd,
  isAsync: false,
  write(bytes, done) {
    let taken: number;
    try {
      taken = writeSync(fd, bytes);
    } catch (error) {
      return done(error as Error, 0);
    }
    done(null, taken);
  },
});

const inThread = (fd: number): LogTarget => ({
  fd,
  isAsync: true,
  write: (bytes, done) => write(fd, bytes, done),
});

/** Whether the reader has no room now; everything else that can go wrong takes longer to pass. */
export const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';
