import type { AccountId, Decision, ErrorCode, Refusal } from '@tenantree/domain';

/** An expected no, on its way to the caller: the only error of ours that leaves the server with its sentence. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** A no to some of several accounts, each for a reason of its own; to whoever asked for one only, its reason. */
export class RefusedFor extends Refused {
  readonly refusals: ReadonlyMap<AccountId, Refusal>;

  /** @param refusals one at least */
  constructor(refusals: ReadonlyMap<AccountId, Refusal>) {
    const [first] = refusals.values();
    if (!first) throw new Error('a no to nobody');
    super(first);
    this.refusals = refusals;
  }
}

/** The value of a decision that said yes. @throws Refused when it said no */
export function granted<T>(decision: Decision<T>): T {
  if (decision.ok) return decision.value;
  throw new Refused(decision.refusal);
}

/** Ends a call with a refusal. @throws Refused always */
export function refuseWith(code: ErrorCode, message: string, field?: string): never {
  throw new Refused(field === undefined ? { code, message } : { code, message, field });
}
