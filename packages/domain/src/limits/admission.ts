import type { AccountId } from '../ids.ts';

/**
 * One account on the way up, as admission sees it (rules/limits 4). All numbers are 10⁻⁹ of what is stored.
 *
 * `used` is what it and all below it use, `held` what it keeps for subaccounts that were promised more than they use. No admission raises
 * their sum above `max` at any account.
 */
export type LimitNode = {
  readonly id: AccountId;
  /** What blocks: null where nothing does, because it is unlimited or only told of. */
  readonly max: bigint | null;
  /** What the account above promised it. */
  readonly reserve: bigint;
  readonly used: bigint;
  readonly held: bigint;
};

/** From the account itself up to its main account. */
export type LimitChain<Node extends LimitNode = LimitNode> = readonly Node[];

const atLeastNothing = (n: bigint): bigint => (n > 0n ? n : 0n);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What is used and held of an account's maximum. */
export const loadOf = ({ used, held }: Pick<LimitNode, 'used' | 'held'>): bigint => used + held;

/** What an account costs the one above it: what it was promised, or more where it uses more. */
export const demandOf = (node: Pick<LimitNode, 'reserve' | 'used' | 'held'>): bigint =>
  larger(node.reserve, loadOf(node));

/** How much can be had, and which account doesn't let more through: null, when it is all that was asked for. */
export type Free<Node extends LimitNode> = { readonly free: bigint; readonly binding: Node | null };

/**
 * How much of what is wanted is free along a chain. What an unmet reserve absorbs is asked of nobody above: it is held there already. So a
 * guaranteed subaccount gets its share even while somebody above is over.
 */
export function freeAlong<Node extends LimitNode>(chain: LimitChain<Node>, want: bigint): Free<Node> {
  let free = want;
  let absorbed = 0n;
  let binding: Node | null = null;
  for (const node of chain) {
    const load = loadOf(node);
    if (node.max !== null) {
      const here = absorbed + atLeastNothing(node.max - load);
      if (here < free) [free, binding] = [here, node];
    }
    if (absorbed >= free) break;
    absorbed += atLeastNothing(node.reserve - load);
  }
  return { free, binding };
}

/**
 * The chain when its account uses so much more, or less where it is negative. Nobody is asked: usage is a fact, and giving back is never
 * refused.
 */
export function addAlong<Node extends LimitNode>(chain: LimitChain<Node>, n: bigint): Node[] {
  let demand = n;
  return chain.map((node) => {
    const more = { ...node, used: node.used + n, held: node.held + demand - n };
    demand = demandOf(more) - demandOf(node);
    return more;
  });
}

/** The outcome of an admission: the chain afterwards, or who refuses and how much would be free. */
export type Admission<Node extends LimitNode> =
  | { readonly ok: true; readonly granted: bigint; readonly chain: Node[] }
  | { readonly ok: false; readonly free: bigint; readonly binding: Node };

/**
 * Admits what is wanted, or as much of it as is free.
 *
 * @param least less than this is not worth granting
 */
export function admitAlong<Node extends LimitNode>(
  chain: LimitChain<Node>,
  want: bigint,
  least: bigint = want,
): Admission<Node> {
  const { free, binding } = freeAlong(chain, want);
  if (binding !== null && free < least) return { ok: false, free, binding };
  return { ok: true, granted: free, chain: addAlong(chain, free) };
}
