// Every bound of authentication, with its unit and its reason. Whatever a stranger can send (tokens, zone names, key ids)
// costs at most what stands here, because all of it arrives before anyone is known.

export const authLimits = {
  /** Longest bearer that is looked at. Real tokens are under 2 KiB, and hashing or parsing more than this is a gift to strangers. */
  tokenBytesMax: 4096,
  /** Seconds by which the issuer's clock and ours may differ, for `exp` and `nbf`. */
  clockToleranceSeconds: 60,
  /** How far ahead a time claim may be, milliseconds: ten years. A claim that is further ahead is not in seconds. */
  claimAheadMsMax: 3653 * 24 * 3600 * 1000,
  /** Verified tokens kept, so that a busy caller pays for one signature and not for one per request. */
  cachedTokensMax: 10_000,
  /** Memory of those tokens: ten thousand of the usual size, and far fewer of the longest. */
  cachedTokenBytesMax: 32 * 1024 * 1024,
  /** How long a verified token is believed without asking its key again. */
  cachedTokenAgeMs: 600_000,
  /** Verifications in flight that others may join. Beyond it each request verifies for itself, which is slower but just as safe. */
  sharedVerificationsMax: 1000,
  /** Zones with cached keys, of those that exist or have proven a token; and the bytes of these key sets. */
  keySetsMax: 10_000,
  keySetsBytesMax: 64 * 1024 * 1024,
  /** The same for zones that only an unsigned token names: they evict only each other. */
  strangerKeySetsMax: 200,
  strangerKeySetsBytesMax: 2 * 1024 * 1024,
  /** Failed fetches that are remembered, for each of the two; one costs about 2 KiB with its cause. */
  keySetFailuresMax: 1000,
  /** Zones that are known to have proven a token or to exist; a name is at most 128 bytes. */
  provenZonesMax: 20_000,
  /** Zones that the issuer was found to have no key for, kept for `unknownKeyCooldownMs`. */
  absentZonesMax: 1000,
  /** Age after which keys are no longer trusted: the key may have been withdrawn, so tokens fail closed. */
  keySetAgeMs: 600_000,
  /** Age from which keys in use are renewed in the background, so that callers do not notice a short failure of the issuer. */
  keySetRenewalAgeMs: 300_000,
  /** Size of one key set: hundreds of keys, where an issuer publishes two or three. */
  keySetBytesMax: 64 * 1024,
  /** Keys in one set. A token without `kid` may be tried against each of them. */
  keysPerSetMax: 32,
  /** Key sets being fetched at once, for zones that exist or have proven a token. */
  keySetFetchesMax: 64,
  /** The same for zones and key ids that only an unsigned token names. */
  strangerKeySetFetchesMax: 16,
  /** Fetches that wait for their turn, for each of the two. */
  keySetFetchesWaitingMax: 1000,
  /** Milliseconds until a fetch counts as failed. */
  keySetTimeoutMs: 5000,
  /** Least age of a zone's key set at which an unknown `kid` causes a new fetch, milliseconds: ids can be invented. */
  unknownKeyCooldownMs: 5000,
  /** Milliseconds for which a failed fetch stands in for the next ones: an issuer that is down is not helped by being asked. */
  failedFetchCooldownMs: 1000,
  /** Key files of the own issuer that are listed as unusable. */
  unusableKeysMax: 100,
  /** Public keys in an answer that names no zone. A zone beyond it is still served when it is named. */
  publishedKeysMax: 1000,
} as const;

/** The same names with other numbers, for tests that want to reach a bound. */
export type AuthLimits = { readonly [Name in keyof typeof authLimits]: number };
