// What an error says, for the sentence of another error. The words of LevelDB lie one cause below those of its wrapper.

export function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
