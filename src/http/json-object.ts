// Distinguishes JSON objects from other JSON values, for bodies and claims.

/** Returns false for null and for lists, which are objects to JavaScript. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
