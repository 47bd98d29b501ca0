import { type Decimal } from '@tenantree/domain';

const NUMBER = new Intl.NumberFormat('en-US');
const DAY_MS = 86_400_000;
const QUIET_LINE_MS = 5_000;

/** A whole number with thousands separated. */
export const counted = (value: number): string => NUMBER.format(value);

/** A decimal with its whole part's thousands separated and no digit lost. */
export function exactly(value: Decimal | string): string {
  const [whole = '0', fraction] = value.split('.');
  return NUMBER.format(BigInt(whole)) + (fraction === undefined ? '' : `.${fraction}`);
}

/** A moment of the file's month: `12 Aug 1999 10:34`. */
export function calendar(monthMs: number): string {
  const within = Math.max(0, Math.min(monthMs, 31 * DAY_MS - 1));
  const minutes = Math.floor((within % DAY_MS) / 60_000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(Math.floor(within / DAY_MS) + 1)} Aug 1999 ${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** One line that keeps changing on a terminal, or a line now and then where the output goes elsewhere. */
export type StatusLine = {
  readonly show: (text: string) => void;
  /** Leaves what is shown and goes on below it. */
  readonly end: () => void;
};

/** Makes a {@link StatusLine} on a stream. */
export function createStatusLine(out: NodeJS.WriteStream): StatusLine {
  let shown = '';
  let writtenMs = Number.NEGATIVE_INFINITY;
  return {
    show: (text) => {
      if (text === shown) return;
      shown = text;
      if (out.isTTY) {
        out.write(`\r\u001b[2K${text.slice(0, out.columns - 1)}`);
      } else if (performance.now() - writtenMs >= QUIET_LINE_MS) {
        writtenMs = performance.now();
        out.write(`${text}\n`);
      }
    },
    end: () => {
      if (shown !== '' && out.isTTY) out.write('\n');
      shown = '';
    },
  };
}
