import { accept, type Decision, type Refusal, refuse } from '../errors.ts';
import { isRecord, jsonFault } from '../json.ts';
import { fieldName } from '../text.ts';
import { type EventAttributes, isEventAttributes, type UsageEventInput } from './admit-event.ts';
import { notAttributes, quantityNotText } from './read-event.ts';

/** The CloudEvents type of a usage event. */
export const USAGE_EVENT_TYPE = 'tenantree.usage.v1';

/** A usage event as CloudEvents bring it: with the account it is for, still to be resolved. */
export type SubjectedEvent = UsageEventInput & { readonly account: string };

const CONTEXT = ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data'];
/** Extension attributes, as CloudEvents 1.0 names them. */
const EXTENSION = /^[a-z0-9]{1,64}$/;
const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json(?:\s*;.*)?$/i;
const DATA = ['meter', 'quantity', 'attributes'];

/**
 * Reads a CloudEvents 1.0 JSON object as a usage event (rules/usage 6): type `tenantree.usage.v1`, subject = account (id or `ext:…`),
 * time = when it occurred, data = {meter, quantity, attributes?}. CloudEvents are unique by source and id; both together are the
 * idempotency key, joined by a space, which a source (a URI reference) can't contain. An attribute that is null is absent. Extension
 * attributes such as `traceparent` are accepted, as the standard asks, and not kept; unknown fields of data are refused. Whether it may
 * be counted is `admitEvent`'s question.
 */
export function usageOfCloudEvent(event: unknown): Decision<SubjectedEvent> {
  if (!isRecord(event)) return refuse('BAD_REQUEST', 'A CloudEvent is a JSON object.');
  const fault = jsonFault(event);
  if (fault) return refuse('BAD_REQUEST', `The event is not readable: a value ${fault.why}.`, fieldName(fault.path));
  const isUnknown = (name: string): boolean => !CONTEXT.includes(name) && !EXTENSION.test(name) && event[name] !== null;
  const unknown = Object.keys(event).find(isUnknown);
  if (unknown !== undefined) return refuse('BAD_REQUEST', 'A CloudEvent has no such attribute.', fieldName(unknown));
  if (event.specversion !== '1.0') return refuse('BAD_REQUEST', 'Only CloudEvents 1.0 are read.', 'specversion');
  if (event.type !== USAGE_EVENT_TYPE) return refuse('BAD_REQUEST', `The type must be ${USAGE_EVENT_TYPE}.`, 'type');
  const { id, source, subject, time } = event;
  if (!isText(id)) return refuse('BAD_REQUEST', 'A CloudEvent needs an id.', 'id');
  if (!isText(source) || /\s/.test(source))
    return refuse('BAD_REQUEST', 'A CloudEvent needs a URI as its source.', 'source');
  if (!isText(subject))
    return refuse('BAD_REQUEST', 'The subject names the account: its id or ext:THEIR-ID.', 'subject');
  if (!isText(time)) return refuse('BAD_REQUEST', 'The time says when the usage occurred.', 'time');
  const contentType = event.datacontenttype ?? 'application/json';
  if (!isText(contentType) || !JSON_TYPE.test(contentType)) {
    return refuse('BAD_REQUEST', 'The data must be JSON.', 'datacontenttype');
  }
  const data = readData(event.data);
  if (!data.ok) return data;
  return accept({ account: subject, ...data.value, occurredAt: time, idempotencyKey: `${source} ${id}` });
}

/** Where a CloudEvent has what a usage event calls by another name. */
const PLACES: Readonly<Record<string, string>> = {
  account: 'subject',
  occurredAt: 'time',
  idempotencyKey: 'id',
};

/** A refusal of the usage event that a CloudEvent was read as, with the field as its sender knows it. */
export function refusalOfCloudEvent<R extends Pick<Refusal, 'field'>>(refusal: R): R {
  const { field } = refusal;
  return field === undefined ? refusal : { ...refusal, field: PLACES[field] ?? `data.${field}` };
}

type UsageData = Pick<UsageEventInput, 'meter' | 'quantity'> & { readonly attributes: EventAttributes };

function readData(data: unknown): Decision<UsageData> {
  if (!isRecord(data)) return refuse('BAD_REQUEST', 'The data is an object with meter and quantity.', 'data');
  const unknown = Object.keys(data).find((name) => !DATA.includes(name));
  if (unknown !== undefined) return refuse('BAD_REQUEST', 'There is no such field.', `data.${fieldName(unknown)}`);
  const { meter, quantity, attributes = {} } = data;
  if (!isText(meter)) return refuse('BAD_REQUEST', 'The data names its meter.', 'data.meter');
  if (!isText(quantity)) return quantityNotText('data.quantity');
  if (!isEventAttributes(attributes)) return notAttributes('data.attributes');
  return accept({ meter, quantity, attributes });
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
