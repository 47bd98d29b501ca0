import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountId } from '../ids.ts';
import { DAY_MS, instantOf } from '../time.ts';
import { admitAdjustment, admitEvent, eventContent, type UsageEventInput } from './admit-event.ts';
import { METERS, type Meter } from './meters.ts';
import { parseDecimal } from './quantity.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const event: UsageEventInput = {
  meter: 'call.minutes',
  quantity: '12.50',
  occurredAt: '2026-11-23T12:00:00+02:00',
  idempotencyKey: 'k1',
};
const codeOf = (change: Partial<UsageEventInput>) => {
  const decision = admitEvent({ ...event, ...change }, NOW);
  return decision.ok ? 'ok' : decision.refusal.code;
};

describe('a usage event', () => {
  it('of a meter that is added is admitted by the meter’s own row, and all others as before', () => {
    const rows: Meter[] = METERS as unknown as Meter[];
    const before = admitEvent(event, NOW);
    expect(codeOf({ meter: 'pages' })).toBe('METER_UNKNOWN');
    rows.unshift({
      key: 'pages',
      label: 'Pages',
      unit: 'page',
      counted: { as: 'pages', each: 1n },
      most: 500n,
    });
    try {
      const admitted = admitEvent({ ...event, meter: 'pages', quantity: '500' }, NOW);
      expect(admitted).toMatchObject({ ok: true, value: { counted: { meter: 'pages', quantity: '500' } } });
      expect(codeOf({ meter: 'pages', quantity: '501' })).toBe('QUANTITY_INVALID');
      expect(admitEvent(event, NOW)).toEqual(before);
    } finally {
      rows.shift();
    }
  });

  it('is brought to one form', () => {
    expect(admitEvent(event, NOW)).toEqual({
      ok: true,
      value: {
        meter: 'call.minutes',
        quantity: '12.5',
        nanos: 12_500_000_000n,
        counted: { meter: 'call.seconds', quantity: '750' },
        occurredAt: '2026-11-23T10:00:00.000Z',
        idempotencyKey: 'k1',
        attributes: {},
      },
    });
  });

  it.each(['-1', 'NaN', 'Infinity', '-0', '1e3', '1e400', '', ' 1', '1,5', '0.0000000001', '.5', '5.', '+1', '0x1'])(
    'with the quantity %j is refused',
    (quantity) => {
      expect(codeOf({ quantity })).toBe('QUANTITY_INVALID');
    },
  );

  it('may be 0 and have 9 digits after the point', () => {
    expect([codeOf({ quantity: '0' }), codeOf({ quantity: '0.000000001' })]).toEqual(['ok', 'ok']);
  });

  it('counts at most what its meter takes from one event', () => {
    for (const { key, most } of METERS) {
      const of = (quantity: string) => codeOf({ meter: key, quantity });
      expect(most).toBeLessThanOrEqual(10n ** 9n);
      expect([of(`${most}`), of(`${most}.000000001`), of('99999999999999999999')]).toEqual([
        'ok',
        'QUANTITY_INVALID',
        'QUANTITY_INVALID',
      ]);
    }
  });

  it('is at most 35 days old and 5 minutes ahead, or what the deployment says', () => {
    const at = (ms: number) => codeOf({ occurredAt: instantOf(NOW + ms) });
    expect([at(5 * 60_000), at(5 * 60_000 + 1)]).toEqual(['ok', 'EVENT_IN_FUTURE']);
    expect([at(-35 * DAY_MS), at(-35 * DAY_MS - 1)]).toEqual(['ok', 'EVENT_TOO_OLD']);
    const occurredAt = '1999-08-01T00:00:00Z';
    expect(admitEvent({ ...event, occurredAt }, NOW, { maxAgeDays: 36_500, maxAheadMs: 0 }).ok).toBe(true);
  });

  it('may write the letters of its time in lower case, as RFC 3339 allows', () => {
    const decision = admitEvent({ ...event, occurredAt: '2026-11-23t11:30:00.5z' }, NOW);
    expect(decision).toMatchObject({ ok: true, value: { occurredAt: '2026-11-23T11:30:00.500Z' } });
  });

  it.each(['2026-11-23T12:00:00', '2026-11-23', 'yesterday', '2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', ''])(
    'at %j is refused',
    (occurredAt) => {
      expect(codeOf({ occurredAt })).toBe('BAD_REQUEST');
    },
  );

  it('needs a known meter, a key of 1 to 200 characters and small plain attributes', () => {
    expect(codeOf({ meter: 'call.hours' })).toBe('METER_UNKNOWN');
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`a${at}`, at]));
    for (const idempotencyKey of ['', 'x'.repeat(201), 'a\nb']) expect(codeOf({ idempotencyKey })).toBe('BAD_REQUEST');
    for (const attributes of [
      many,
      { a: Number.NaN },
      { a: 2 ** 53 },
      { '': 1 },
      { a: 'x'.repeat(501) },
      JSON.parse('{"__proto__":1}'),
    ]) {
      expect(codeOf({ attributes })).toBe('BAD_REQUEST');
    }
    expect(codeOf({ attributes: { agent: 'a1', answered: true, rings: 3 } })).toBe('ok');
  });

  it('has the same content however its numbers, instants and attributes are written', () => {
    const content = (change: Partial<UsageEventInput>, account = 'a1') => {
      const decision = admitEvent({ ...event, ...change }, NOW);
      return decision.ok ? eventContent(account as AccountId, decision.value) : null;
    };
    const attributes = { a: 1, b: 'x' };
    expect(content({ quantity: '12.5', occurredAt: '2026-11-23T10:00:00Z', attributes: { b: 'x', a: 1 } })).toBe(
      content({ attributes }),
    );
    const contents = [content({}), content({ quantity: '12.51' }), content({ attributes }), content({}, 'a2')];
    expect(new Set(contents).size).toBe(4);
    expect(content({ meter: 'call.seconds', quantity: '750' })).toBe(content({}));
  });

  it('is counted exactly in whichever unit it is recorded: 3 × 20 seconds are 1 minute', () => {
    const counted = (change: Partial<UsageEventInput>) => {
      const decision = admitEvent({ ...event, ...change }, NOW);
      return decision.ok ? decision.value.counted : null;
    };
    expect(counted({ meter: 'call.seconds', quantity: '20' })).toEqual({ meter: 'call.seconds', quantity: '20' });
    expect(counted({ meter: 'call.minutes', quantity: '1' })).toEqual({ meter: 'call.seconds', quantity: '60' });
    expect(counted({ meter: 'call.minutes', quantity: '0.000000001' })?.quantity).toBe('0.00000006');
    expect(counted({ meter: 'call.seconds', quantity: '0.000000001' })?.quantity).toBe('0.000000001');
  });

  it('keeps every decimal exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), (nanos) => {
        const quantity = `${nanos / 10n ** 9n}.${String(nanos % 10n ** 9n).padStart(9, '0')}`;
        const decision = admitEvent({ ...event, quantity }, NOW);
        expect(decision.ok && decision.value.nanos).toBe(nanos);
        expect(decision.ok && parseDecimal(decision.value.quantity)).toBe(nanos);
      }),
    );
  });
});

describe('an adjustment', () => {
  const adjust = (quantity: string, reason: string) => {
    const decision = admitAdjustment({ ...event, quantity, reason }, NOW);
    return decision.ok ? decision.value.quantity : decision.refusal.code;
  };

  it('goes either way, never by 0, and says why', () => {
    expect(adjust('-1.5', ' double count ')).toBe('-1.5');
    expect(adjust('1.5', 'missed')).toBe('1.5');
    expect([adjust('1000000000', 'all'), adjust('-1000000000', 'all')]).toEqual(['1000000000', '-1000000000']);
    expect(adjust('1000000000.1', 'all')).toBe('QUANTITY_INVALID');
    expect(adjust('-1000000000.1', 'all')).toBe('QUANTITY_INVALID');
    expect(adjust('0', 'missed')).toBe('QUANTITY_INVALID');
    expect(adjust('1', '  ')).toBe('BAD_REQUEST');
  });
});
