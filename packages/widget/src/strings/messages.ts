import type { Numbers } from '../format/numbers.ts';

/** What a message's places are filled with. Numbers are written in the language of the message. */
export type Values = Readonly<Record<string, string | number>>;

const PLACE = /\{(\w+)(?:, plural, ((?:\w+ \{[^{}]*\} ?)+))?\}/g;
const FORM = /(\w+) \{([^{}]*)\}/g;

/**
 * Writes a message: `{name}` is replaced by a value, `{n, plural, one {# account} other {# accounts}}` by the form that the
 * language has for the number, with `#` as the number itself (the part of ICU MessageFormat that the screens need).
 */
export const write = (message: string, values: Values, numbers: Numbers): string =>
  message.replace(PLACE, (_, name: string, forms?: string) => {
    const value = values[name] ?? '';
    const text = typeof value === 'number' ? numbers.whole(value) : value;
    if (forms === undefined) return text;
    const found = new Map([...forms.matchAll(FORM)].map(([, form, words]) => [form, words]));
    return (found.get(numbers.plural(Number(value))) ?? found.get('other') ?? '').replaceAll('#', text);
  });
