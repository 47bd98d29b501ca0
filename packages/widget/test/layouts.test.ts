import type { Decimal } from '@tenantree/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mockTree } from './example-tree.ts';
import { painted, type Shown, show } from './stage.ts';

/** What a reader who doubled the text in the browser's settings has. */
const DOUBLE_PX = 32;
const BORDERS_PX = 2;

afterEach(() => {
  document.body.replaceChildren();
  document.documentElement.style.removeProperty('font-size');
});

/** Shows the table in a container of a width where a reader's text is so big, all in pixels. */
async function showAt(width: number, textPx = 16, dir: 'ltr' | 'rtl' = 'ltr'): Promise<Shown> {
  document.documentElement.style.fontSize = `${textPx}px`;
  return show(mockTree(), { width: width + BORDERS_PX, dir });
}

const isSeen = (el: Element): boolean => el.checkVisibility({ visibilityProperty: true });

/** Nothing that is written reaches out of its cell, and no cell out of the row. */
function expectRoom(row: Element): void {
  expect(row.scrollWidth).toBeLessThanOrEqual(row.clientWidth);
  for (const cell of [...row.querySelectorAll('.number, .plan, .status, .caps')].filter(isSeen)) {
    const written = document.createRange();
    written.selectNodeContents(cell);
    const [{ left, right }, inside] = [cell.getBoundingClientRect(), written.getBoundingClientRect()];
    if (inside.width === 0) continue;
    expect(inside.left, cell.className).toBeGreaterThanOrEqual(left - 1);
    expect(inside.right, cell.className).toBeLessThanOrEqual(right + 1);
  }
}

/** Which of the arrangements (rules/screens 14) the style sheet shows. */
function arrangementOf({ row, tree }: Shown): string {
  const seen = (name: string): boolean => {
    const cell = row('Borealis Motors').querySelector(`.cell.${name}`);
    return cell !== null && isSeen(cell);
  };
  if (tree.renderRoot.querySelector('.head')?.checkVisibility())
    return seen('switch') && tree.renderRoot.querySelector('.switch .words:not(:empty)')?.checkVisibility()
      ? 'XL'
      : 'L';
  if (seen('plan')) return 'M';
  return seen('facts') ? 'S' : 'XS';
}

describe('the layout', () => {
  it.each([
    [1080, 'XL'],
    [1079, 'L'],
    [760, 'L'],
    [759, 'M'],
    [520, 'M'],
    [519, 'S'],
    [360, 'S'],
    [359, 'XS'],
  ])('of %i px is %s, and that of twice the width where text is twice as big', async (width, arrangement) => {
    expect(arrangementOf(await showAt(width))).toBe(arrangement);
    expect(arrangementOf(await showAt(2 * width, DOUBLE_PX))).toBe(arrangement);
  });

  // Whoever points at a row turns to the table by that: what comes above it then must not move it from under the pointer.
  it.each([1200, 700, 420, 320])(
    'keeps free what stands above rows once somebody turns to it, in %i px',
    async (width) => {
      const { screen } = await showAt(width);
      const looks = screen.renderRoot.querySelector('.looks');
      await vi.waitFor(() => expect(looks?.querySelector('.look-tabs')).not.toBeNull());
      await painted();
      const [kept, taken] = looks ? [getComputedStyle(looks).minBlockSize, looks.getBoundingClientRect().height] : [];
      expect(`${taken}px`).toBe(kept);
    },
  );

  it.each([1280, 1000, 800, 640])('has room for texts of twice the size in %i px', async (width) => {
    const { rows, tree } = await showAt(width, DOUBLE_PX);
    for (const row of [...tree.renderRoot.querySelectorAll('.head'), ...rows()]) expectRoom(row);
  });

  it.each([
    [1080, true],
    [896, true],
    [895, false],
    [760, false],
  ])('of %i px has members and agents: %s', async (width, has) => {
    const { tree } = await showAt(width);
    for (const column of ['.head .members', '.head .agents'])
      expect(tree.renderRoot.querySelector(column)?.checkVisibility()).toBe(has);
  });

  it.each([
    [1160, 'caps'],
    [1159, 'status'],
    [640, 'status'],
  ])('of %i px says in %s what is restricted, and nowhere else', async (width, place) => {
    const source = mockTree();
    const [cedar, delta] = [source.idOf('Cedar Retail'), source.idOf('Delta Logistics')];
    source.patch(cedar, { caps: { restricted: 4, unreviewed: 1 } });
    source.patch(delta, { caps: { restricted: 2, unreviewed: 0 } });
    const { row, tree } = await show(source, { width: width + BORDERS_PX });
    const seen = (name: string, cell: string): string => {
      const element = row(name).querySelector<HTMLElement>(`.cell.${cell}`);
      return element && isSeen(element) ? element.innerText.replaceAll(/\s+/g, ' ') : '';
    };
    const other = place === 'caps' ? 'status' : 'caps';
    expect(seen('Cedar Retail', place)).toMatch(/^4 restricted\s?1 not reviewed$/);
    expect(seen('Cedar Retail', other)).toBe('');
    const startOf = (of: ParentNode | null, cell: string) =>
      of?.querySelector(`.${cell}`)?.getBoundingClientRect().left;
    const head = tree.renderRoot.querySelector('.head');
    expect(head?.querySelector('.caps')?.checkVisibility()).toBe(place === 'caps');
    for (const cell of width > 760 ? ['plan', 'status', 'caps'] : [])
      expect(startOf(head, cell), cell).toBe(startOf(row('Cedar Retail'), cell));
    // Who is suspended has both, where there is room.
    expect(seen('Delta Logistics', 'status')).toMatch(/^Suspended/);
    expect(seen('Delta Logistics', 'caps')).toBe(place === 'caps' ? '2 restricted' : '');
    expect(row('Delta Logistics').getAttribute('aria-label')).toMatch(/^Delta Logistics, Suspended, .*2 restricted$/);
    source.patch(cedar, { caps: { restricted: 0, unreviewed: 0 } });
    source.announce([cedar]);
    await vi.waitFor(() => expect(seen('Cedar Retail', place)).toBe(''), { timeout: 10_000 });
  });

  it.each([640, 400])('says what is the matter in the line under the name, in %i px', async (width) => {
    const { row } = await showAt(width);
    const [suspended, other] = [row('Delta Logistics'), row('Cedar Retail')];
    const [name, status] = [suspended.querySelector('.label')!, suspended.querySelector('.status')!];
    expect(isSeen(status)).toBe(true);
    expect(status.getBoundingClientRect().top).toBeGreaterThan(name.getBoundingClientRect().top);
    expect(isSeen(other.querySelector('.status')!)).toBe(false);
  });

  it.each(['ltr', 'rtl'] as const)(
    'has facts, status and minutes that read in their own direction, written %s',
    async (dir) => {
      const { row } = await showAt(400, 16, dir);
      for (const words of [
        row('Borealis Motors').querySelector('.facts bdi')!,
        row('Borealis Motors').querySelector('.total')!,
        row('Delta Logistics').querySelector('.text')!,
      ]) {
        const letters = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
        const lefts: number[] = [];
        for (let text = letters.nextNode(); text; text = letters.nextNode())
          for (let at = 0; at < (text.nodeValue?.length ?? 0); at++) {
            const letter = document.createRange();
            letter.setStart(text, at);
            letter.setEnd(text, at + 1);
            lefts.push(letter.getBoundingClientRect().left);
          }
        expect(lefts, words.textContent ?? '').toEqual(lefts.toSorted((a, b) => a - b));
      }
    },
  );

  it.each([1200, 900, 640, 400, 340])(
    'has every cell at the same place, with a status and without, in %i px',
    async (width) => {
      const { row } = await showAt(width);
      const [suspended, other] = [row('Delta Logistics'), row('Cedar Retail')];
      const endOf = (of: Element, cell: string): number | undefined =>
        of.querySelector(cell)?.getBoundingClientRect().right;
      for (const cell of ['.total', '.actions']) expect(endOf(other, cell), cell).toBe(endOf(suspended, cell));
      const room = other.getBoundingClientRect().right - (endOf(other, '.actions') ?? 0);
      expect(room).toBeLessThanOrEqual(16);
    },
  );

  it.each([1200, 900, 640, 400, 340])(
    'has minutes at the same place, with a maximum and without, in %i px',
    async (width) => {
      const source = mockTree();
      source.patch(source.idOf('Cedar Retail'), { minutesMax: '1000000' as Decimal });
      const { row } = await show(source, { width: width + BORDERS_PX });
      const [bounded, other] = [row('Cedar Retail'), row('Borealis Motors')].map((of) => of.querySelector('.total'));
      await vi.waitFor(() => expect(bounded?.closest('[data-limit]')).not.toBeNull());
      await vi.waitFor(() => expect(bounded?.getBoundingClientRect().right).toBe(other?.getBoundingClientRect().right));
    },
  );

  it('is painted as it is arranged, also when the text grows later', async () => {
    const shown = await showAt(800);
    expect(shown.row('Borealis Motors').querySelector('.facts')?.textContent).toBe('');
    document.documentElement.style.fontSize = `${DOUBLE_PX}px`;
    await painted();
    await painted();
    expect(arrangementOf(shown)).toBe('S');
    expect(shown.row('Borealis Motors').querySelector('.facts')?.textContent).toBe('5 members · 7 agents');
  });
});

describe('minutes', () => {
  it.each([1200, 900])('stand under their head in %i px', async (width) => {
    const { row, tree } = await showAt(width);
    expect(tree.renderRoot.querySelector('.head .minutes')?.checkVisibility()).toBe(true);
    expect(row('Borealis Motors').querySelector('.total')?.textContent).toBe('2,204.9');
  });

  it.each([640, 420, 340])('say their unit where there is no head, in %i px', async (width) => {
    const { row } = await showAt(width);
    const minutes = row('Borealis Motors').querySelector('.total');
    expect(minutes?.checkVisibility()).toBe(true);
    expect(minutes?.textContent).toBe('2,204.9 min');
  });
});
