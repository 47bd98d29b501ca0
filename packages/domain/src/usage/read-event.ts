import { accept, type Decision, refuse } from '../errors.ts';
import { isRecord } from '../json.ts';
import { isLeaseKey } from '../limits/lease.ts';
import { fieldName } from '../text.ts';
import { isEventAttributes, type UsageEventInput } from './admit-event.ts';

/** A usage event as it is sent in a batch: for the acting account, or for another one of its subtree (id or `ext:…`). */
export type SentEvent = UsageEventInput & {
  readonly account?: string | undefined;
  /** The key of the lease by which it was admitted (rules/limits 13). */
  readonly grant?: string | undefined;
};

const FIELDS = ['account', 'meter', 'quantity', 'occurredAt', 'idempotencyKey', 'attributes', 'grant'];

/**
 * Reads one entry of a batch, of whatever kind it is, as a usage event: a bad one is refused with its field and never loses the others
 * (rules/usage 1). Whether it may be counted is `admitEvent`'s question.
 */
export function readUsageEvent(event: unknown): Decision<SentEvent> {
  if (!isRecord(event)) return refuse('BAD_REQUEST', 'A usage event is an object.');
  const unknown = Object.keys(event).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return refuse('BAD_REQUEST', 'There is no such field.', fieldName(unknown));
  const { account, meter, quantity, occurredAt, idempotencyKey, attributes, grant } = event;
  if (account !== undefined && typeof account !== 'string') return notText('account');
  if (typeof meter !== 'string') return notText('meter');
  if (typeof quantity !== 'string') return quantityNotText('quantity');
  if (typeof occurredAt !== 'string') return notText('occurredAt');
  if (typeof idempotencyKey !== 'string') return notText('idempotencyKey');
  if (attributes !== undefined && !isEventAttributes(attributes)) return notAttributes('attributes');
  if (grant !== undefined && (typeof grant !== 'string' || !isLeaseKey(grant)))
    return refuse('BAD_REQUEST', 'A grant is the key that it was acquired with.', 'grant');
  return accept({
    account,
    meter,
    quantity,
    occurredAt,
    idempotencyKey,
    attributes,
    ...(grant !== undefined && { grant }),
  });
}

const notText = (field: string): Decision<never> => refuse('BAD_REQUEST', 'This has to be text.', field);

/** The refusal of a quantity of another kind than text: a JSON number may have been rounded on its way. */
export const quantityNotText = (field: string): Decision<never> =>
  refuse('QUANTITY_INVALID', 'The quantity is decimal text, for example “12.5”, not a number.', field);

/** The refusal of attributes that are not plain values by name. */
export const notAttributes = (field: string): Decision<never> =>
  refuse('BAD_REQUEST', 'Attributes are texts, numbers or true and false by name.', field);
