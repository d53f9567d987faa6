// The name of the own issuer in tests that start servers on a free port.
/** The default of `PUBLIC_URL` with `PORT=0`. */
export const OWN_ISSUER = 'http://127.0.0.1:0';
