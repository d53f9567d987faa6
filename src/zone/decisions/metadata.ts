// Metadata that grows by merging: what is given replaces what stands under the same name, level one only. The result has a
// bound of its own, since many small merges could make what no single body may be.
import { isDeepStrictEqual } from 'node:util';
import { METADATA_BYTES_MAX } from '../../limits.ts';
import { refuse, type Refusal } from '../../refusals.ts';
import { encodeContent, type Content, type Data } from '../bodies.ts';

const saysNothingNew = (stands: Data, given: Data): boolean =>
  Object.entries(given).every(([name, value]) => Object.hasOwn(stands, name) && isDeepStrictEqual(stands[name], value));

/** The body with `given` merged into what stands; null where there is nothing to write. */
export const mergedBody = (stands: Data, given: Data, rest: Content = {}): Buffer | Refusal | null => {
  if (saysNothingNew(stands, given) && Object.keys(rest).length === 0) return null;
  const body = encodeContent({ ...rest, metadata: { ...stands, ...given } });
  return body.length > METADATA_BYTES_MAX
    ? refuse('metadata_too_large', { details: { limit_bytes: METADATA_BYTES_MAX } })
    : body;
};
