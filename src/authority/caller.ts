// Who asks: what a verified bearer says of its holder, or the operator. Everything authority is decided from.
import type { Instant } from '../clock.ts';

export type Caller = BearerCaller | { readonly kind: 'operator' };

export interface BearerCaller {
  readonly kind: 'bearer';
  readonly zone: string;
  /** The token's `client_id`. */
  readonly applicationId: string;
  /** The token's `sub`. */
  readonly subject: string;
  /** The token's `sid`. */
  readonly subjectSessionId: string | null;
  readonly scopes: ReadonlySet<string>;
  readonly agentSessionId: string | null;
  readonly delegationEdgeId: string | null;
  /** The instant of the token's `iat`, in milliseconds; null where the token has no such claim. */
  readonly issuedAt: Instant | null;
}
