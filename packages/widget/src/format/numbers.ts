/** Formats of one language, made once: making one costs hundreds of times what using it does. */
export type Numbers = {
  /** A whole number, grouped: `1,284`. */
  readonly whole: (value: number) => string;
  /** Minutes from decimal text, with one digit after the point: `48,210.5`. */
  readonly minutes: (decimal: string) => string;
  readonly plural: (count: number) => Intl.LDMLPluralRule;
  readonly date: (instant: string) => string;
  readonly dateTime: (instant: string) => string;
  readonly time: (instant: string) => string;
};

/** Tenths beyond this aren't whole numbers any more; then the slow, exact way is taken. */
const EXACT_TENTHS = 9e14;

/**
 * Writes minutes hundreds of times a second: with the separators of the language taken out of `Intl` once, and its digits
 * when they are Latin. Other digits go through `Intl` (ux.md D9).
 */
function minutesWriter(locale: string): (decimal: string) => string {
  const exact = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const parts = exact.formatToParts(-1_234_567.8);
  const text = (type: Intl.NumberFormatPartTypes): string => parts.find((part) => part.type === type)?.value ?? '';
  const group = text('group');
  const plain = parts.map((part) => part.value).join('') === `-1${group}234${group}567${text('decimal')}8`;
  const write = (decimal: string): string => exact.format(decimal as `${number}`);
  if (!plain) return write;
  const point = text('decimal');
  return (decimal) => {
    const tenths = Math.round(Number(decimal) * 10);
    if (!(tenths >= 0 && tenths < EXACT_TENTHS)) return write(decimal);
    let rest = Math.floor(tenths / 10);
    const fraction = `${point}${tenths % 10}`;
    if (rest < 1_000) return `${rest}${fraction}`;
    let grouped = '';
    while (rest >= 1_000) {
      grouped = `${group}${String(rest % 1_000).padStart(3, '0')}${grouped}`;
      rest = Math.floor(rest / 1_000);
    }
    return `${rest}${grouped}${fraction}`;
  };
}

const made = new Map<string, Numbers>();

/** The formats of a language. */
export function numbersOf(locale: string): Numbers {
  const known = made.get(locale);
  if (known) return known;
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const plural = new Intl.PluralRules(locale);
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const numbers: Numbers = {
    whole: (value) => whole.format(value),
    minutes: minutesWriter(locale),
    plural: (count) => plural.select(count),
    date: (instant) => date.format(new Date(instant)),
    dateTime: (instant) => dateTime.format(new Date(instant)),
    time: (instant) => time.format(new Date(instant)),
  };
  made.set(locale, numbers);
  return numbers;
}
