import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usageOfCloudEvent } from './cloud-event.ts';

const event = {
  specversion: '1.0',
  id: 'call-17',
  source: '/pbx/berlin',
  type: 'tenantree.usage.v1',
  subject: 'ext:DE-BE',
  time: '2026-11-23T12:00:00Z',
  datacontenttype: 'application/json; charset=utf-8',
  data: { meter: 'call.minutes', quantity: '1.5', attributes: { agent: 'a1' } },
};
const fieldOf = (value: unknown) => {
  const decision = usageOfCloudEvent(value);
  return decision.ok ? 'ok' : (decision.refusal.field ?? decision.refusal.code);
};

describe('a CloudEvent', () => {
  it('is read as a usage event whose key is its source and id', () => {
    expect(usageOfCloudEvent(event)).toEqual({
      ok: true,
      value: {
        account: 'ext:DE-BE',
        meter: 'call.minutes',
        quantity: '1.5',
        attributes: { agent: 'a1' },
        occurredAt: '2026-11-23T12:00:00Z',
        idempotencyKey: '/pbx/berlin call-17',
      },
    });
  });

  it('may carry extension attributes, which are not kept', () => {
    expect(fieldOf({ ...event, traceparent: '00-0af7', dataschema: 'https://example.com/s' })).toBe('ok');
  });

  it('may have null for an attribute that is absent', () => {
    expect(fieldOf({ ...event, datacontenttype: null, dataschema: null, traceparent: null, data_base64: null })).toBe(
      'ok',
    );
    for (const name of ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'])
      expect(fieldOf({ ...event, [name]: null })).toBe(name);
  });

  it('names the field that is missing or wrong', () => {
    const without = (name: string) =>
      fieldOf(Object.fromEntries(Object.entries(event).filter(([key]) => key !== name)));
    for (const name of ['specversion', 'id', 'source', 'type', 'subject', 'time', 'data'])
      expect(without(name)).toBe(name);
    expect(without('datacontenttype')).toBe('ok');
    expect(fieldOf({ ...event, specversion: '0.3' })).toBe('specversion');
    expect(fieldOf({ ...event, type: 'other' })).toBe('type');
    expect(fieldOf({ ...event, source: 'a b' })).toBe('source');
    expect(fieldOf({ ...event, datacontenttype: 'text/xml' })).toBe('datacontenttype');
    expect(fieldOf({ ...event, data_base64: 'e30=' })).toBe('data_base64');
    expect(fieldOf({ ...event, data: { ...event.data, price: '1' } })).toBe('data.price');
    expect(fieldOf({ ...event, data: { ...event.data, quantity: 1.5 } })).toBe('data.quantity');
    expect(fieldOf({ ...event, data: { ...event.data, attributes: { a: {} } } })).toBe('data.attributes');
    expect(fieldOf([event])).toBe('BAD_REQUEST');
  });

  it('of another source or id has another key', () => {
    const key = (source: string, id: string) => {
      const decision = usageOfCloudEvent({ ...event, source, id });
      return decision.ok ? decision.value.idempotencyKey : null;
    };
    fc.assert(
      fc.property(fc.tuple(fc.string(), fc.string(), fc.string(), fc.string()), ([s, i, t, j]) => {
        const [a, b] = [key(s, i), key(t, j)];
        if (a !== null && a === b) expect([s, i]).toEqual([t, j]);
      }),
    );
  });

  it('of any shape is answered, never thrown at', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(usageOfCloudEvent(value).ok).toBe(false);
      }),
    );
  });
});
