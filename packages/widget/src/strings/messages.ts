import type { Numbers } from '../format/numbers.ts';

/** What a message's places are filled with. Numbers are written in the language of the message. */
export type Values = Readonly<Record<string, string | number>>;

const PLURAL = /\{(\w+), plural, ((?:\w+ \{[^{}]*\} ?)+)\}/g;
const FORM = /(\w+) \{([^{}]*)\}/g;
const PLACE = /\{(\w+)\}/g;

/**
 * Writes a message: `{name}` is replaced by a value, `{n, plural, one {# account} other {# accounts}}` by the form that the
 * language has for the number, with `#` as the number itself (the part of ICU MessageFormat that the screens need).
 */
export function write(message: string, values: Values, numbers: Numbers): string {
  const textOf = (name: string): string => {
    const value = values[name];
    return typeof value === 'number' ? numbers.whole(value) : (value ?? '');
  };
  return message
    .replace(PLURAL, (_, name: string, forms: string) => {
      const count = Number(values[name]);
      const wanted = numbers.plural(count);
      const found = new Map([...forms.matchAll(FORM)].map(([, form, text]) => [form, text]));
      return (found.get(wanted) ?? found.get('other') ?? '').replaceAll('#', numbers.whole(count));
    })
    .replace(PLACE, (_, name: string) => textOf(name));
}
