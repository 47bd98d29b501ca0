import { isId, type RowId } from '@tenantree/domain';
import { FIRST_PLACE, type ProductPlace } from '@tenantree/widget/products';

const WORD = /^\w{1,64}$/;

/**
 * The products that an address asks for: `agent/ID/prompt?q=…` (rules/screens 3). What makes no sense is left out; whether there is such a
 * kind or part is known to the screen.
 *
 * @param rest what follows the page in its path
 */
export function readPlace(rest: string, search: string): ProductPlace {
  const [kind = '', product = '', part = ''] = rest.split('/');
  if (!WORD.test(kind)) return FIRST_PLACE;
  const isOne = product === 'new' || isId(product);
  return {
    kind: kind as NonNullable<ProductPlace['kind']>,
    product: isOne ? (product as RowId | 'new') : null,
    part: isOne && WORD.test(part) ? part : null,
    search: isOne ? '' : (new URLSearchParams(search).get('q') ?? ''),
  };
}

/** The address of what is shown, below that of the page. */
export function writePlace({ kind, product, part, search }: ProductPlace): string {
  const path = [kind, product, part].flatMap((one) => (one === null ? [] : `/${one}`)).join('');
  return search === '' ? path : `${path}?${new URLSearchParams({ q: search }).toString()}`;
}
