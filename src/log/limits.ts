// Bounds of the log, each with its unit and its reason.

/** Bytes and lines of the log that wait for its reader: memory. Further lines are dropped and counted. */
export const LOG_BUFFER_BYTES_MAX = 2 * 1024 * 1024;
export const LOG_BUFFER_LINES_MAX = 20_000;

/** About how many bytes of the log are written at a time: the capacity of a pipe. */
export const LOG_CHUNK_BYTES = 64 * 1024;

/** How soon a write of the log is repeated after its reader had no room, and after any other error; milliseconds. */
export const LOG_RETRY_MS = 10;
export const LOG_ERROR_RETRY_MS = 1_000;

/** How long the last lines before the process ends wait for the reader, milliseconds: they block the event loop. */
export const LOG_LAST_MS_MAX = 1_000;
