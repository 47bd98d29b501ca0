/** Formats of one language, each made once: making one costs hundreds of times what using it does. */
export type Numbers = {
  /** A whole number, grouped: `1,284`. */
  readonly whole: (value: number) => string;
  /** Minutes from decimal text, with one digit after the point: `48,210.5`. */
  readonly minutes: (decimal: string) => string;
  readonly plural: (count: number) => Intl.LDMLPluralRule;
  /** As short as it can be told: a time today, else a day, with its year when that isn't the present one. */
  readonly day: (instant: string) => string;
  readonly dateTime: (instant: string) => string;
  readonly time: (instant: string) => string;
};

/** Tenths beyond this aren't whole numbers any more; then the slow, exact way is taken. */
const EXACT_TENTHS = 9e14;
/** From here on, languages that leave four digits together separate them, too. */
const FIVE_DIGITS_IN_TENTHS = 100_000;

/**
 * Writes minutes hundreds of times a second: with the separators of the language taken out of `Intl` once. Languages with
 * other digits or groups than these go through `Intl` (rules/screens 19).
 */
function minutesWriter(locale: string): (decimal: string) => string {
  const exact = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const write = (decimal: string): string => exact.format(decimal as `${number}`);
  const long = write('1234567.8');
  const short = write('1234.8');
  const group = long.charAt(1);
  const point = short.charAt(short.length - 2);
  const groupOfFour = short.charAt(1) === group ? group : '';
  const isPlain = `${long} ${short}` === `1${group}234${group}567${point}8 1${groupOfFour}234${point}8`;
  if (!isPlain) return write;
  return (decimal) => {
    const tenths = Math.round(Number(decimal) * 10);
    if (!(tenths >= 0 && tenths < EXACT_TENTHS)) return write(decimal);
    const separator = tenths < FIVE_DIGITS_IN_TENTHS ? groupOfFour : group;
    const whole = `${Math.floor(tenths / 10)}`.replace(/\B(?=(\d{3})+$)/g, separator);
    return `${whole}${point}${tenths % 10}`;
  };
}

/** Writes instants. Few lists show any, and a format costs milliseconds: it is made for the first one. */
function instantWriter(locale: string, options: Intl.DateTimeFormatOptions): (instant: string) => string {
  let format: Intl.DateTimeFormat | undefined;
  return (instant) => {
    format ??= new Intl.DateTimeFormat(locale, options);
    return format.format(new Date(instant));
  };
}

function dayWriter(locale: string): (instant: string) => string {
  const time = instantWriter(locale, { timeStyle: 'short' });
  const day = instantWriter(locale, { month: 'short', day: 'numeric' });
  const far = instantWriter(locale, { dateStyle: 'medium' });
  return (instant) => {
    const [then, now] = [new Date(instant), new Date()];
    if (then.toDateString() === now.toDateString()) return time(instant);
    return then.getFullYear() === now.getFullYear() ? day(instant) : far(instant);
  };
}

const made = new Map<string, Numbers>();

/** The formats of a language. */
export function numbersOf(locale: string): Numbers {
  const known = made.get(locale);
  if (known) return known;
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const plural = new Intl.PluralRules(locale);
  const numbers: Numbers = {
    whole: (value) => whole.format(value),
    minutes: minutesWriter(locale),
    plural: (count) => plural.select(count),
    day: dayWriter(locale),
    dateTime: instantWriter(locale, { dateStyle: 'medium', timeStyle: 'short' }),
    time: instantWriter(locale, { timeStyle: 'short' }),
  };
  made.set(locale, numbers);
  return numbers;
}
