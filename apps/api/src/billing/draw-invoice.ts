import type { DetailedInvoice } from '@tenantree/contract';
import { type Decimal, formatAmount, type Money } from '@tenantree/domain';
import { DocumentFonts, lettersOf, type OwnFont, type Run, type Runs } from './document-fonts.ts';
import { inReadingOrder } from './reading-order.ts';
import { moneyOf } from './shown-plan.ts';

/** A row of the table, as it is drawn. */
export type DrawnLine = {
  readonly says: string;
  /** Where the account stood, as it was called then. */
  readonly path: string;
  readonly quantity: { readonly amount: Decimal; readonly unit: string } | null;
  readonly amount: Money;
};

/** Points of an A4 page: its height, and where text begins and ends. */
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [841.89, 50, 545, 50, 775];
const LEADING = 12;
/** From the top of a line to where its letters stand, in sizes of them: in all fonts that of DejaVu. */
const ASCENT = 0.928;
const [USUAL, SMALL] = [9, 8];
const [QUANTITY_AT, AMOUNT_AT] = [325, 460];
const [QUANTITY_WIDTH, AMOUNT_WIDTH] = [125, RIGHT - AMOUNT_AT];
const LOCALE = 'en-GB';
const GREY = '#666666';

/**
 * Draws an invoice or credit note as a PDF with its fonts in it. Takes seconds for many lines: it is for jobs, never for a call.
 *
 * @param lines those of the table, as many as are to be drawn
 * @param title what it is called
 */
export async function drawInvoice(
  invoice: DetailedInvoice,
  lines: readonly DrawnLine[],
  title = invoice.kind === 'credit' ? 'Credit note' : 'Invoice',
): Promise<Buffer> {
  // The instant of the invoice, so that the same invoice is the same file.
  const info = { Title: `${title} ${invoice.number}`, CreationDate: new Date(invoice.issuedAt ?? 0) };
  // Loaded with the first one: to load it takes a server's start as long as a sixth of all else.
  const { default: Drawing } = await import('pdfkit');
  const doc = new Drawing({ size: 'A4', margin: 0, bufferPages: true, lang: 'en', info, font: '' });
  const parts: Buffer[] = [];
  doc.on('data', (part: Buffer) => parts.push(part));
  const whole = new Promise<Buffer>((done, fail) => {
    doc.on('end', () => done(Buffer.concat(parts)));
    doc.on('error', fail);
  });
  const page = new Page(doc);
  await drawHead(page, invoice, title);
  await drawTable(page, lines);
  await drawSums(page, invoice);
  await numberPages(page, `${title} ${invoice.number}`);
  doc.end();
  return whole;
}

type Style = { readonly size?: number; readonly font?: OwnFont; readonly color?: string };

/** Where the next line goes, and what is drawn there. */
class Page {
  readonly doc: PDFKit.PDFDocument;
  readonly #fonts: DocumentFonts;
  #baseline = 0;
  y = TOP;

  constructor(doc: PDFKit.PDFDocument) {
    this.doc = doc;
    this.#fonts = new DocumentFonts(doc);
  }

  /** Draws a text on one line, cut to a width. */
  async put(text: string, x: number, width: number, style: Style = {}): Promise<void> {
    const runs = await this.#styled(text, style);
    this.#draw(this.#fitted(text, width, runs), x, runs);
  }

  /** A number, ending at the right edge of the width: smaller where it is too wide, since none is cut. */
  async putRight(text: string, x: number, width: number, style: Style = {}): Promise<void> {
    const runs = await this.#styled(text, style);
    const wide = this.#widthOf(text, runs);
    const scale = Math.min(1, width / wide);
    this.doc.fontSize(scale * (style.size ?? USUAL));
    this.#draw(text, x + width - scale * wide, runs);
  }

  async #styled(text: string, { size = USUAL, font = 'text', color = 'black' }: Style): Promise<Runs> {
    const runs = await this.#fonts.runsFor(text, font);
    this.#baseline = this.y + ASCENT * size;
    this.doc.fontSize(size).fillColor(color);
    return runs;
  }

  /** Words one by one where some are written from the right: the font puts the space behind a word on its other side. */
  #draw(text: string, x: number, runs: Runs): void {
    const words = inReadingOrder(text);
    if (words === null) {
      this.#drawRuns(runs(text), x);
      return;
    }
    let at = x;
    for (const word of words) {
      this.#drawRuns(runs(word), at);
      at += this.#widthOf(word, runs) + this.#widthOf(' ', runs);
    }
  }

  #drawRuns(runs: readonly Run[], x: number): void {
    let at = x;
    for (const [n, { text, font }] of runs.entries()) {
      this.doc.font(font).text(text, at, this.#baseline, { lineBreak: false, baseline: 'alphabetic' });
      if (n < runs.length - 1) at += this.doc.widthOfString(text);
    }
  }

  #widthOf(text: string, runs: Runs): number {
    return runs(text).reduce((width, run) => width + this.doc.font(run.font).widthOfString(run.text), 0);
  }

  /** As much of a text as fits. */
  #fitted(text: string, width: number, runs: Runs): string {
    if (this.#widthOf(text, runs) <= width) return text;
    const letters = lettersOf(text);
    let [least, most] = [0, letters.length];
    while (least < most) {
      const half = Math.ceil((least + most) / 2);
      if (this.#widthOf(`${letters.slice(0, half).join('')}…`, runs) <= width) least = half;
      else most = half - 1;
    }
    return `${letters.slice(0, least).join('')}…`;
  }

  rule(color = '#cccccc'): void {
    this.doc.moveTo(LEFT, this.y).lineTo(RIGHT, this.y).lineWidth(0.5).strokeColor(color).stroke();
  }

  /** @returns whether a new page had to begin */
  needs(height: number): boolean {
    if (this.y + height <= BOTTOM) return false;
    this.doc.addPage();
    this.y = TOP;
    return true;
  }
}

const shown = (money: Money): string => formatAmount(money, LOCALE);

async function drawHead(page: Page, invoice: DetailedInvoice, title: string): Promise<void> {
  const { seller, buyer } = invoice;
  await page.put(title, LEFT, 300, { size: 20, font: 'bold' });
  page.y += 30;
  const facts = [
    ['Number', invoice.number ?? ''],
    ['Date', invoice.issuedAt?.slice(0, 10) ?? ''],
    ['Period', invoice.period],
    ...(invoice.plan ? [['Plan', `${invoice.plan.name} (version ${invoice.plan.version})`]] : []),
    ...(invoice.reason === null ? [] : [['Reason', invoice.reason]]),
  ];
  const parties = [
    { at: LEFT, heading: invoice.kind === 'credit' ? 'Credited to' : 'Billed to', party: buyer },
    ...(seller ? [{ at: 310, heading: 'From', party: seller }] : []),
  ];
  for (const [what = '', value = ''] of facts) {
    await page.put(what, LEFT, 90, { color: GREY });
    await page.put(value, LEFT + 90, 400);
    page.y += LEADING;
  }
  page.y += LEADING;
  const from = page.y;
  let lowest = from;
  for (const { at, heading, party } of parties) {
    page.y = from;
    await page.put(heading, at, 230, { size: SMALL, color: GREY });
    const { name, address, country, taxId } = party;
    const lines = [
      name,
      ...address,
      ...(country === null ? [] : [country]),
      ...(taxId === null ? [] : [`Tax ID ${taxId}`]),
    ];
    for (const [n, line] of lines.entries()) {
      page.y += LEADING;
      await page.put(line, at, 230, { font: n === 0 ? 'bold' : 'text' });
    }
    lowest = Math.max(lowest, page.y);
  }
  page.y = lowest + 2 * LEADING;
}

/** So many lines are drawn before others have a turn: each takes milliseconds. */
const LINES_AT_ONCE = 4;

async function drawTable(page: Page, lines: readonly DrawnLine[]): Promise<void> {
  await drawColumns(page);
  for (const [n, line] of lines.entries()) {
    if (page.needs(line.path === '' ? 14 : 24)) await drawColumns(page);
    await page.put(line.says, LEFT, QUANTITY_AT - LEFT - 10);
    if (line.quantity) await page.putRight(quantityText(line.quantity), QUANTITY_AT, QUANTITY_WIDTH);
    await page.putRight(shown(line.amount), AMOUNT_AT, AMOUNT_WIDTH);
    page.y += LEADING;
    if (line.path !== '') {
      await page.put(line.path, LEFT, QUANTITY_AT - LEFT - 10, { size: 7, color: GREY });
      page.y += 9;
    }
    page.y += 2;
    if (n % LINES_AT_ONCE === LINES_AT_ONCE - 1) await new Promise((next) => setImmediate(next));
  }
}

const quantityText = ({ amount, unit }: NonNullable<DrawnLine['quantity']>): string =>
  `${amount} ${amount === '1' ? unit : `${unit}s`}`;

async function drawColumns(page: Page): Promise<void> {
  await page.put('Description', LEFT, 200, { size: SMALL, color: GREY });
  await page.putRight('Quantity', QUANTITY_AT, QUANTITY_WIDTH, { size: SMALL, color: GREY });
  await page.putRight('Amount', AMOUNT_AT, AMOUNT_WIDTH, { size: SMALL, color: GREY });
  page.y += LEADING;
  page.rule();
  page.y += 5;
}

async function drawSums(page: Page, invoice: DetailedInvoice): Promise<void> {
  page.needs(90);
  page.y += 4;
  page.rule();
  page.y += 8;
  const isCredit = invoice.kind === 'credit';
  const applied = moneyOf(invoice.applied);
  const sums: readonly (readonly [string, Money])[] = [
    ['Total', moneyOf(invoice.total)],
    ...(applied.minor === 0n ? [] : [['From the balance', { ...applied, minor: -applied.minor }] as const]),
    ...(isCredit ? [] : [['To be paid', moneyOf(invoice.due)] as const]),
  ];
  for (const [n, [what, money]] of sums.entries()) {
    const font = n === sums.length - 1 ? 'bold' : 'text';
    await page.putRight(what, 260, AMOUNT_AT - 270, { font });
    await page.putRight(shown(money), AMOUNT_AT - 20, AMOUNT_WIDTH + 20, { font });
    page.y += LEADING + 2;
  }
  page.y += 4;
  if (invoice.tax !== null) await page.put(`${invoice.tax}.`, LEFT, 400, { size: SMALL, color: GREY });
  if (isCredit)
    await page.put('This amount is in credit, and is taken off the next invoice.', LEFT + 100, 390, {
      size: SMALL,
      color: GREY,
    });
}

async function numberPages(page: Page, of: string): Promise<void> {
  const { doc } = page;
  const { start, count } = doc.bufferedPageRange();
  const style = { size: 7, color: GREY };
  page.y = HEIGHT - 40;
  for (let n = 0; n < count; n += 1) {
    doc.switchToPage(start + n);
    await page.put(of, LEFT, 300, style);
    await page.putRight(`${n + 1} / ${count}`, RIGHT - 100, 100, style);
  }
}
