import { nameKey } from '../hierarchy/names.ts';
import { PRODUCT_NAME_CHARACTERS } from './document.ts';

/**
 * A name that is free: the wished one, or that with the first free number, `Desk (2)`, cut to fit (rules/products 6).
 *
 * @param isTaken whether another one has the name with this key
 */
export function freeName(wished: string, isTaken: (key: string) => boolean): string {
  if (!isTaken(nameKey(wished))) return wished;
  const stem = wished.replace(/ \(\d+\)$/u, '');
  for (let n = 2; ; n += 1) {
    const end = ` (${n})`;
    const room = PRODUCT_NAME_CHARACTERS - end.length;
    const name = Array.from(stem).slice(0, room).join('').trimEnd() + end;
    if (!isTaken(nameKey(name))) return name;
  }
}
