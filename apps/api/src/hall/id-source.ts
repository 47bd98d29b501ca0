import { randomFillSync } from 'node:crypto';
import { type Clock, newId, type RowId } from '@tenantree/domain';

const ID_BYTES = 10;
/** Random bytes are drawn for so many ids at a time: asking for them takes longer than making an id. */
const DRAWN = 256;
/** The first 12 random bits of an id count within a millisecond (RFC 9562 6.2, method 1). */
const MOST_PER_MS = 0xfff;

/** Makes ids that sort in the order they were made, also within one millisecond: what is listed by id is listed in order. */
export function createIds(clock: Clock): <Id extends string = RowId>() => Id {
  const drawn = Buffer.alloc(DRAWN * ID_BYTES);
  let used = DRAWN;
  let ms = 0;
  let count = 0;
  return <Id extends string = RowId>(): Id => {
    const nowMs = clock.nowMs();
    if (used === DRAWN) {
      randomFillSync(drawn);
      used = 0;
    }
    const random = drawn.subarray(used * ID_BYTES, (used + 1) * ID_BYTES);
    used += 1;
    if (nowMs > ms) {
      ms = nowMs;
      // Starts in the lower half, so that a whole burst fits above it.
      count = random.readUInt16BE(0) & (MOST_PER_MS >> 1);
    } else if (count < MOST_PER_MS) count += 1;
    else {
      ms += 1;
      count = 0;
    }
    random.writeUInt16BE(count, 0);
    return newId<Id>(ms, random);
  };
}
