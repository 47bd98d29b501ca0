import { type Tax, type TaxPort, taxByGroup } from '@tenantree/domain';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drawDocument } from '../src/billing/draw-document.ts';
import { invoiceDocument } from '../src/billing/export-invoice.ts';
import { inReadingOrder, piecesOf } from '../src/billing/reading-order.ts';
import {
  type BillingStage,
  MID_OCTOBER,
  minutes,
  OCTOBER,
  OCTOBER_CLOSES,
  openBilling,
  plan,
} from './support/billing.ts';
import type { Client } from './support/clients.ts';
import { codeOf } from './support/clients.ts';
import { jobsEnded } from './support/jobs.ts';
import { readPdf, withoutSpaces } from './support/read-pdf.ts';

/** 19 percent on all of it; but for who says where they are. */
const vat: TaxPort = async ({ buyer, lines }): Promise<readonly Tax[]> =>
  buyer.country === null ? [] : taxByGroup(lines.map(({ amount }) => ({ amount, category: 'S', rate: 190_000n })));

/** One of each script whose letters are drawn in a way of their own: joined, in another order, by hand or not at all. */
const NAMES = [
  'Ελληνικά ΑΕ',
  'Кириллица ООО',
  'Tiếng Việt Nguyễn',
  'ქართული შპს',
  'Հայերեն ՓԲԸ',
  '北京电信有限公司',
  '臺灣電信股份有限公司',
  '株式会社テレコム ひらがな',
  '𠮷野家 髙橋 﨑',
  '鑤觼 㐁',
  '한국통신 주식회사',
  'บริษัท โทรคมนาคม จำกัด น้ำ',
  'हिन्दी संचार क्षत्रिय',
  'বাংলাদেশ টেলিকম স্ত্রী',
  'தமிழ் தொலைத்தொடர்பு',
  'తెలుగు సంస్థ',
  'ಕನ್ನಡ ಸಂಸ್ಥೆ',
  'മലയാളം സ്ത്രീ',
  'ગુજરાતી સ્ત્રી',
  'ਪੰਜਾਬੀ ਪ੍ਰਾਈਵੇਟ',
  'ଓଡ଼ିଆ',
  'සිංහල ශ්‍රී',
  'ភាសាខ្មែរ ក្រុមហ៊ុន',
  'မြန်မာဘာသာ ကုမ္ပဏီ',
  'ລາວ ພາສາ',
  'አማርኛ ኢትዮ ቴሌኮም',
  'བོད་སྐད',
  'ދިވެހި',
  'ᏣᎳᎩ',
  'ⵜⴰⵎⴰⵣⵉⵖⵜ',
  'שלום עולם',
  'فارسی',
  '☎ ✓ € ₹ ₿ © ∑',
  '😀 🎉 👨‍👩‍👧 🇩🇪',
];

let stage: BillingStage;
beforeAll(async () => {
  const messages = { messages: { model: 'flat', price: '0.13' } } as const;
  const plans = [
    plan('minutes', minutes('0.079', '1000')),
    plan('both', { ...minutes('0.13'), ...messages }, { monthlyFee: '0.13' }),
    plan('yen', minutes('12.345'), { currency: 'JPY' }),
  ];
  const sender = { name: 'Platform', country: 'DE', address: ['Street 1'], taxId: null, howToPay: 'To IBAN XX00' };
  stage = await openBilling(plans, { tax: vat, config: { plans: { sender, plans } } });
});
afterAll(() => stage.close());
beforeEach(() => {
  stage.clock.ms = MID_OCTOBER;
});

const payer = async (name: string, plan: string) => {
  const made = await stage.main(name);
  stage.clock.ms = OCTOBER;
  await stage.subscribe(made.client, made.id, plan);
  stage.clock.ms = MID_OCTOBER;
  return made;
};
const close = async (client: Client, account: string) =>
  (await client.invoices.closePeriod.mutate({ account, period: '2026-10' })).invoice;

async function fileOf(client: Client, account: string, invoice: string, format: 'csv' | 'pdf') {
  const { job } = await client.invoices.export.mutate({ account, invoice, format });
  await jobsEnded(stage.database, 60_000);
  let content = '';
  for (let cursor: string | undefined; ; ) {
    const part = await client.jobs.file.query({ account, job, ...(cursor !== undefined && { cursor }) });
    content += part.content;
    if (part.nextCursor === null) return { ...part, content };
    cursor = part.nextCursor;
  }
}

describe('A file of an invoice', () => {
  it('is a CSV with every line, in which no name is a formula', async () => {
    const { id, client } = await payer('Written', 'minutes');
    const north = await stage.make(id, '=SUM(A1:A9)');
    const below = await stage.make(north, 'Comma, “quote" and line');
    await stage.use(client, north, '700.25');
    await stage.use(client, below, '433.333333333');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    const { filename, type, content } = await fileOf(client, id, invoice.id, 'csv');
    expect([filename, type]).toEqual([`${invoice.number}.csv`, 'csv']);
    const [head, ...lines] = content.trimEnd().split('\r\n');
    expect(head).toBe(
      'invoiceNumber,line,type,description,accountId,accountName,path,meter,unit,period,from,to,quantity,amount,currency',
    );
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(
      `${invoice.number},1,fee,"Monthly fee, 2026-10-01 to 2026-10-31",,,,,,2026-10,2026-10-01T00:00:00.000Z,2026-11-01T00:00:00.000Z,,0.00,EUR`,
    );
    expect(lines[1]).toBe(
      `${invoice.number},2,usage,Call minutes of “=SUM(A1:A9)”,${north},'=SUM(A1:A9),Written,call.minutes,minute,2026-10,,,700.25,6.52,EUR`,
    );
    expect(lines[2]).toContain(
      `,${below},"Comma, “quote"" and line",Written / =SUM(A1:A9),call.minutes,minute,2026-10,,,433.333333333,4.03,EUR`,
    );
  });

  it('is a PDF with its font in it; above 500 lines it sums up each account below the payer', async () => {
    const { id, client } = await payer('Drawn', 'yen');
    const parents = [await stage.make(id, 'שלום עולם'), await stage.make(id, 'شركة الاتصالات')];
    const { accounts } = stage.owner;
    for (const parent of parents) {
      await accounts.createMany.mutate({
        account: parent,
        mode: 'each',
        accounts: Array.from({ length: 260 }, (_, n) => ({ name: `Account ${n}` })),
      });
      const { rows } = await client.accounts.list.query({ account: parent, limit: 200 });
      const more = await client.accounts.list.query({ account: parent, limit: 200, direction: 'desc' });
      const ids = [...new Set([...rows, ...more.rows].map((row) => row.id))];
      const events = ids.map((account, n) => ({
        account,
        meter: 'call.minutes',
        quantity: '1.5',
        occurredAt: new Date(MID_OCTOBER - 60_000).toISOString(),
        idempotencyKey: `${parent} ${n}`,
      }));
      await client.usage.record.mutate({ account: parent, events });
    }
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    expect(invoice).toMatchObject({ lines: 521, total: { currency: 'JPY', exponent: 0, minor: '9629' } });
    const { filename, type, content } = await fileOf(client, id, invoice.id, 'pdf');
    expect([filename, type]).toEqual([`${invoice.number}.pdf`, 'pdf']);
    const bytes = Buffer.from(content, 'base64');
    expect(bytes.subarray(0, 5).toString()).toBe('%PDF-');
    const text = bytes.toString('latin1');
    expect(text).toMatch(/\/FontFile2/);
    expect([...text.matchAll(/\/Type \/Page\b/g)]).toHaveLength(1);
  });

  it('is a PDF that says by which prices it came about, how it is paid, and what a credit note takes back', async () => {
    const { id, client } = await payer('Explained', 'minutes');
    const name = `${'Long '.repeat(20)}End`;
    await stage.use(client, await stage.make(id, name), '1700.25');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    const textOf = async (of: string) =>
      (await readPdf(Buffer.from((await fileOf(client, id, of, 'pdf')).content, 'base64'))).text;
    const text = await textOf(invoice.id);
    for (const said of [
      '2026-10-01 to 2026-10-31, UTC',
      'Germany',
      '1,700.25 minutes, 1,000 included, at 0.079 a minute: €55.32, shared out by quantity',
      `Call minutes of “${name}”`,
      'To be paid €55.32',
      'To IBAN XX00',
      'rounded once per meter',
    ])
      expect(text).toContain(withoutSpaces(said));
    const { invoice: note } = await client.invoices.credit.mutate({ account: id, invoice: invoice.id, reason: 'Why' });
    const { invoice: said } = await client.invoices.get.query({ account: id, invoice: note.id });
    expect(said).toMatchObject({ creditsNumber: invoice.number, howToPay: null });
    const credited = await textOf(note.id);
    expect(credited).toContain(withoutSpaces(`Credits Invoice ${invoice.number}`));
    expect(credited).toContain(withoutSpaces('To the balance €55.32'));
    expect(credited).not.toContain('IBAN');
  });

  it('is a PDF with the names of customers in any script, as text too', async () => {
    const { id, client } = await payer('日本電信電話 हिन्दी', 'minutes');
    for (const name of NAMES) await stage.use(client, await stage.make(id, name), '1.5');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    const { content } = await fileOf(client, id, invoice.id, 'pdf');
    const { text, missing } = await readPdf(Buffer.from(content, 'base64'));
    expect(NAMES.filter((name) => !text.includes(withoutSpaces(name)))).toEqual([]);
    expect(text).toContain(withoutSpaces('Billed to日本電信電話 हिन्दी'));
    expect(missing).toBe(0);
  });

  it('shows what no font has as a box, which still says what it is', async () => {
    const { id, client } = await payer('Boxed \u{10FFFD}', 'minutes');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    const { content } = await fileOf(client, id, invoice.id, 'pdf');
    expect(await readPdf(Buffer.from(content, 'base64'))).toMatchObject({
      text: expect.stringContaining('Boxed\u{10FFFD}'),
      missing: 0,
    });
  });

  it('is of what is there, and of nobody else', async () => {
    const { id, client } = await payer('Nothing', 'minutes');
    const nothing = client.invoices.export.mutate({
      account: id,
      invoice: '018bcfe5-6800-7000-8000-000000000000',
      format: 'csv',
    });
    expect(await codeOf(nothing)).toBe('NOT_FOUND');
  });

  it('begins a new page where lines end, and numbers them', async () => {
    const { id, client } = await payer('Paged', 'minutes');
    stage.clock.ms = OCTOBER_CLOSES;
    const { id: invoice } = await close(client, id);
    const { invoice: said } = await client.invoices.get.query({ account: id, invoice });
    const line = {
      says: 'Call minutes',
      path: 'Main / North',
      quantity: { amount: '-1.5' as never, unit: 'minute' },
      amount: { currency: { code: 'EUR', exponent: 2 }, minor: -12n },
    };
    const pages = async (n: number) =>
      [
        ...(
          await drawDocument(
            invoiceDocument(
              said,
              Array.from({ length: n }, () => line),
            ),
          )
        )
          .toString('latin1')
          .matchAll(/\/Type \/Page\b/g),
      ].length;
    expect([await pages(1), await pages(60)]).toEqual([1, 3]);
  });
});

describe('What is drawn', () => {
  it('has all digits of an amount, and all marks of a letter that many are piled on, as text', async () => {
    const { id, client } = await payer('Piled', 'minutes');
    stage.clock.ms = OCTOBER_CLOSES;
    const { id: invoice } = await close(client, id);
    const { invoice: said } = await client.invoices.get.query({ account: id, invoice });
    const piled = `ก${'้'.repeat(80)}`;
    const amount = { currency: { code: 'JPY', exponent: 0 }, minor: -1_234_567_890_123_456n };
    const quantity = { amount: '-123456789012.123456789' as never, unit: 'minute' };
    const { text } = await readPdf(
      await drawDocument(invoiceDocument(said, [{ says: piled, path: '', quantity, amount }])),
    );
    expect(text).toContain(piled);
    expect(text).toContain('-123,456,789,012.123456789minutes');
    expect(text).toContain('-JP¥1,234,567,890,123,456');
  });
});

describe('A number in the digits of Arabic', () => {
  it('is drawn from the left, as every other one, and read so', async () => {
    const { id, client } = await payer('شارع ١٢٣', 'minutes');
    await stage.use(client, await stage.make(id, 'مكتب٤٥٦ ۷۸۹ 龍'), '1.5');
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    const { content } = await fileOf(client, id, invoice.id, 'pdf');
    const { text, drawn } = await readPdf(Buffer.from(content, 'base64'));
    for (const number of ['١٢٣', '٤٥٦', '۷۸۹']) {
      expect(drawn).toContain(number);
      expect(text).toContain(number);
    }
  });
});

describe('A line with words from right to left', () => {
  it('is drawn with those in their own order, and the others in theirs', () => {
    expect(inReadingOrder('Call minutes of “Acme”')).toBeNull();
    expect(inReadingOrder('Main / שלום עולם / Sub')).toEqual(['Main', '/', 'עולם', 'שלום', '/', 'Sub']);
    expect(inReadingOrder('شركة الاتصالات 24 العربية Ltd')).toEqual(['العربية', '24', 'الاتصالات', 'شركة', 'Ltd']);
  });

  it('has numbers and Latin letters in their own order inside of a word, too, and brackets that open to the right side', () => {
    expect(piecesOf('Ltd.')).toEqual(['Ltd.']);
    expect(piecesOf('שלום')).toEqual(['שלום']);
    expect(piecesOf('חברה-2024.10')).toEqual(['2024.10', 'חברה-']);
    expect(piecesOf('שלום(Ltd24)')).toEqual(['(', 'Ltd24', 'שלום)']);
    expect(piecesOf('مكتب٢٤')).toEqual(['٢٤', 'مكتب']);
    expect(piecesOf('بسعر١٬٢٣٤٫٥')).toEqual(['١٬٢٣٤٫٥', 'بسعر']);
  });
});

describe('Tax', () => {
  it('is rounded once for each rate, over all lines of it (M16)', async () => {
    const { id, client } = await payer('Taxed', 'both');
    await client.billing.setDetails.mutate({ account: id, country: 'DE', name: 'Taxed', address: [], taxId: null });
    await stage.use(client, id, '1');
    await stage.use(client, id, '1', { meter: 'messages' });
    stage.clock.ms = OCTOBER_CLOSES;
    const invoice = await close(client, id);
    const { invoice: said, lines } = await client.invoices.get.query({ account: id, invoice: invoice.id });
    expect(lines.map(({ type, amount }) => [type, amount.minor])).toEqual([
      ['fee', '13'],
      ['usage', '13'],
      ['usage', '13'],
      ['tax', '7'],
    ]);
    expect([said.total.minor, said.tax]).toEqual(['46', null]);
    expect(said.taxes).toMatchObject([{ category: 'S', rate: '19', base: { minor: '39' }, amount: { minor: '7' } }]);
    const { content } = await fileOf(client, id, invoice.id, 'pdf');
    const { text } = await readPdf(Buffer.from(content, 'base64'));
    expect(text).toContain(withoutSpaces('Tax 19 % (S) of €0.39: €0.07'));
  });
});
