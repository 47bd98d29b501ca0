import { type AccountId, isRecord } from '@tenantree/domain';

/** An account that something is to be done with. */
export type Chosen = { readonly id: AccountId; readonly name: string };

/** Accounts that another page gave along in the history, which anybody may have written: the server says what is no account. */
export const chosenIn = (state: unknown): readonly Chosen[] =>
  isRecord(state) && Array.isArray(state['chosen'])
    ? state['chosen'].filter(
        (one): one is Chosen => isRecord(one) && typeof one['id'] === 'string' && typeof one['name'] === 'string',
      )
    : [];
