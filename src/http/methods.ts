// The methods that figures, spans and the audit call by their name: any other is the caller's invention, and has none.

export const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
