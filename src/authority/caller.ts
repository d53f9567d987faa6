// Who asks: what a verified bearer says of its holder, or the operator. Everything authority is decided from.

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
}
