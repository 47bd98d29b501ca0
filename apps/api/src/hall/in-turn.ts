import { setImmediate as sent } from 'node:timers/promises';

/** How parts of a whole become what is written of them, over one connection. */
export type Steps<Part, Read, Made> = {
  /** Reads what a part takes. The parts before it are made then, and all but the last of them are written. */
  readonly read: (part: Part) => Promise<Read>;
  /** Makes of it what is to be written. */
  readonly make: (read: Read) => Made;
  readonly write: (made: Made) => Promise<void>;
};

/** Does parts one after the other. While the database writes one, the next is made: each would wait for the other half of the time. */
export async function inTurn<Part, Read, Made>(
  parts: Iterable<Part>,
  { read, make, write }: Steps<Part, Read, Made>,
): Promise<void> {
  let last: { readonly made: Made } | null = null;
  for (const part of parts) {
    const found: Read = await read(part);
    if (last === null) last = { made: make(found) };
    // Not before the statement is on its way.
    else [last] = await Promise.all([sent().then(() => ({ made: make(found) })), write(last.made)]);
  }
  if (last !== null) await write(last.made);
}
