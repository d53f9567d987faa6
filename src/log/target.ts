// Writes bytes to a file descriptor without blocking the event loop. A pipe, socket or terminal is written in non-blocking
// mode and accepts what its reader has room for. A file is written by a thread.
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';

/** Calls back with the number of bytes written, or with the error. */
export type Taken = (error: Error | null, taken: number) => void;

export interface LogTarget {
  readonly fd: number;
  /** Whether the write may still be in progress when `write` returns. */
  readonly isAsync: boolean;
  readonly write: (bytes: Uint8Array, done: Taken) => void;
}

/** Returns the target for a descriptor of this process, such as 1. */
export const targetOf = (fd: number): LogTarget => {
  const stat = fstatSync(fd);
  const open = stat.isFile() ? null : (reopened(fd) ?? unblocked(fd));
  return open === null ? inThread(fd) : withoutBlocking(open);
};

// A separate open file description: the non-blocking flag must not affect other processes or standard error.
const reopened = (fd: number): number | null => {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Not Linux, a pipe of another user, or a socket.
    return null;
  }
};

// libuv makes the descriptors that it opens non-blocking. The socket object itself is never written to.
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

/** Whether the reader has no room now. Other errors last longer. */
export const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EAGAIN';
