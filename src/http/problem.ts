// A refusal as RFC 9457 spells one, for whoever asks for `application/problem+json`: the same facts under the standard's names.
import { refusals, type Refusal } from '../refusals.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457, section 3. `error`, `requestId` and `details` are extension members, as in the other shape. */
export const problemBody = ({ code, details }: Refusal, requestId: string) => ({
  type: `urn:agent-coordinator:refusal:${code}`,
  title: titleOf(code),
  status: refusals[code].status,
  detail: refusals[code].sentence,
  instance: `urn:agent-coordinator:request:${requestId}`,
  error: code,
  requestId,
  ...(details === undefined ? {} : { details }),
});

/** The code in words: `rate_limited` is "Rate limited". */
const titleOf = (code: string): string => `${code.charAt(0).toUpperCase()}${code.slice(1).replaceAll('_', ' ')}`;
