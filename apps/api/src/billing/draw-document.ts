import { type Decimal, formatAmount, type Instant, type Money } from '@tenantree/domain';
import { DocumentFonts, lettersOf, type OwnFont, type Run, type Runs } from './document-fonts.ts';
import { decimalWords, LOCALE } from './document-words.ts';
import { inReadingOrder } from './reading-order.ts';

/** A row of the table, as it is drawn. */
export type DrawnLine = {
  readonly says: string;
  /** Where the account stood, as it was called then. */
  readonly path: string;
  readonly quantity: { readonly amount: Decimal; readonly unit: string } | null;
  readonly amount: Money;
};

/** What is written beside what, such as a date. */
type Fact = readonly [what: string, value: string];
type Party = {
  readonly heading: string;
  readonly name: string;
  readonly address: readonly string[];
  readonly country: string | null;
  readonly taxId: string | null;
};

/** An invoice, credit note or statement, as it is drawn. */
export type DrawnDocument = {
  /** What it is called. */
  readonly title: string;
  readonly number: string;
  readonly at: Instant | null;
  readonly facts: readonly Fact[];
  /** Who gets it, and whom it is from. */
  readonly parties: readonly Party[];
  /** How its amounts came about: by which prices, before they were shared out. */
  readonly worked: readonly Fact[];
  readonly lines: readonly DrawnLine[];
  /** The last of them is what it is about. */
  readonly sums: readonly (readonly [what: string, amount: Money])[];
  /** How it is paid; null: nobody says. */
  readonly pay: string | null;
  /** Sentences below all. */
  readonly notes: readonly string[];
};

/** Points of an A4 page: its height, and where text begins and ends. */
const [HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [841.89, 50, 545, 50, 775];
const LEADING = 12;
/** From the top of a line to where its letters stand, in sizes of them: in all fonts that of DejaVu. */
const ASCENT = 0.928;
const [USUAL, SMALL] = [9, 8];
const [QUANTITY_AT, AMOUNT_AT] = [325, 460];
const [SAYS_WIDTH, QUANTITY_WIDTH, AMOUNT_WIDTH] = [QUANTITY_AT - LEFT - 10, 125, RIGHT - AMOUNT_AT];
const GREY = '#666666';

/** Draws a document as a PDF with its fonts in it. Takes seconds for many lines: it is for jobs, never for a call. */
export async function drawDocument(document: DrawnDocument): Promise<Buffer> {
  const { title, number, at, lines } = document;
  // The instant of the document, so that the same one is the same file.
  const info = { Title: `${title} ${number}`, CreationDate: new Date(at ?? 0) };
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
  await drawHead(page, document);
  await drawTable(page, lines);
  await drawSums(page, document);
  await numberPages(page, `${title} ${number}`);
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

  /** A text on as many lines as it takes, none of them cut but within a word that is wider than all of it. */
  async putLines(text: string, x: number, width: number, style: Style = {}): Promise<void> {
    const runs = await this.#styled(text, style);
    const all = this.#broken(text, width, runs);
    for (const [n, line] of all.entries()) {
      if (n > 0) this.y += LEADING;
      // Each page begins with fonts of its own.
      await this.#styled(text, style);
      this.#draw(this.#fitted(line, width, runs), x, runs);
    }
  }

  /** How many lines a text takes. */
  async linesOf(text: string, width: number, style: Style = {}): Promise<number> {
    return this.#broken(text, width, await this.#styled(text, style)).length;
  }

  #broken(text: string, width: number, runs: Runs): string[] {
    if (this.#widthOf(text, runs) <= width) return [text];
    const lines: string[] = [];
    for (const word of text.split(' ')) {
      const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
      if (lines.length > 0 && this.#widthOf(longer, runs) <= width) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
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

/** Where what is written beside something begins, and how wide it may be. */
const [BESIDE, BESIDE_WIDTH] = [110, RIGHT - LEFT - 110];

async function drawFacts(page: Page, facts: readonly Fact[], size = USUAL): Promise<void> {
  for (const [what, value] of facts) {
    page.needs((await page.linesOf(value, BESIDE_WIDTH, { size })) * LEADING);
    await page.put(what, LEFT, BESIDE - 10, { color: GREY, size });
    await page.putLines(value, LEFT + BESIDE, BESIDE_WIDTH, { size });
    page.y += LEADING;
  }
}

async function drawHead(page: Page, { title, number, at, facts, parties, worked }: DrawnDocument): Promise<void> {
  await page.put(title, LEFT, 300, { size: 20, font: 'bold' });
  page.y += 30;
  await drawFacts(page, [['Number', number], ['Date', at?.slice(0, 10) ?? ''], ...facts]);
  page.y += LEADING;
  const from = page.y;
  let lowest = from;
  for (const [n, party] of parties.entries()) {
    page.y = from;
    await drawParty(page, n === 0 ? LEFT : SECOND, party);
    lowest = Math.max(lowest, page.y);
  }
  page.y = lowest + 2 * LEADING;
  await drawFacts(page, worked, SMALL);
  if (worked.length > 0) page.y += LEADING;
}

/** Where the second of two begins, and how wide each is. */
const [SECOND, PARTY_WIDTH] = [310, 230];

async function drawParty(page: Page, at: number, { heading, name, address, country, taxId }: Party): Promise<void> {
  await page.put(heading, at, PARTY_WIDTH, { size: SMALL, color: GREY });
  page.y += LEADING;
  await page.putLines(name, at, PARTY_WIDTH, { font: 'bold' });
  const more = [...address, ...(country === null ? [] : [country]), ...(taxId === null ? [] : [`Tax ID ${taxId}`])];
  for (const line of more) {
    page.y += LEADING;
    await page.putLines(line, at, PARTY_WIDTH);
  }
}

/** So many lines are drawn before others have a turn: each takes milliseconds. */
const LINES_AT_ONCE = 4;

async function drawTable(page: Page, lines: readonly DrawnLine[]): Promise<void> {
  await drawColumns(page);
  for (const [n, line] of lines.entries()) {
    const height = LEADING * (await page.linesOf(line.says, SAYS_WIDTH));
    if (page.needs(height + (line.path === '' ? 2 : 12))) await drawColumns(page);
    const from = page.y;
    if (line.quantity) await page.putRight(quantityText(line.quantity), QUANTITY_AT, QUANTITY_WIDTH);
    await page.putRight(shown(line.amount), AMOUNT_AT, AMOUNT_WIDTH);
    await page.putLines(line.says, LEFT, SAYS_WIDTH);
    page.y = from + height;
    if (line.path !== '') {
      await page.put(line.path, LEFT, SAYS_WIDTH, { size: 7, color: GREY });
      page.y += 9;
    }
    page.y += 2;
    if (n % LINES_AT_ONCE === LINES_AT_ONCE - 1) await new Promise((next) => setImmediate(next));
  }
}

const quantityText = ({ amount, unit }: NonNullable<DrawnLine['quantity']>): string =>
  `${decimalWords(amount)} ${amount === '1' ? unit : `${unit}s`}`;

async function drawColumns(page: Page): Promise<void> {
  await page.put('Description', LEFT, 200, { size: SMALL, color: GREY });
  await page.putRight('Quantity', QUANTITY_AT, QUANTITY_WIDTH, { size: SMALL, color: GREY });
  await page.putRight('Amount', AMOUNT_AT, AMOUNT_WIDTH, { size: SMALL, color: GREY });
  page.y += LEADING;
  page.rule();
  page.y += 5;
}

async function drawSums(page: Page, { sums, pay, notes }: DrawnDocument): Promise<void> {
  page.needs(30 + sums.length * (LEADING + 2) + notes.length * LEADING);
  page.y += 4;
  page.rule();
  page.y += 8;
  for (const [n, [what, money]] of sums.entries()) {
    const font = n === sums.length - 1 ? 'bold' : 'text';
    await page.putRight(what, 260, AMOUNT_AT - 270, { font });
    await page.putRight(shown(money), AMOUNT_AT - 20, AMOUNT_WIDTH + 20, { font });
    page.y += LEADING + 2;
  }
  page.y += LEADING;
  if (pay !== null) {
    page.needs((1 + (await page.linesOf(pay, RIGHT - LEFT))) * LEADING);
    await page.putLines(pay, LEFT, RIGHT - LEFT);
    page.y += 2 * LEADING;
  }
  for (const note of notes) {
    page.needs((await page.linesOf(note, RIGHT - LEFT, { size: SMALL })) * LEADING);
    await page.putLines(note, LEFT, RIGHT - LEFT, { size: SMALL, color: GREY });
    page.y += LEADING;
  }
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
