import { type Numbers, numbersOf } from '../format/numbers.ts';
import { en, type Strings } from './en.ts';
import { type Values, write } from './messages.ts';

/** The texts of one language with its number formats: what every element needs to say anything. */
export type Texts = {
  readonly locale: string;
  readonly numbers: Numbers;
  /** Writes a text of the catalogue. */
  readonly say: (key: keyof Strings, values?: Values) => string;
  /** Fills what the catalogue doesn't have yet; what it has stays. */
  readonly complete: (strings: Partial<Strings>) => void;
};

/** Makes the texts of a language from its catalogue. */
export function textsOf(locale: string, strings: Partial<Strings>): Texts {
  const numbers = numbersOf(locale);
  let known = strings;
  return {
    locale,
    numbers,
    say: (key, values) => {
      const message = known[key] ?? '';
      return values ? write(message, values, numbers) : message;
    },
    complete: (more) => {
      known = { ...more, ...known };
    },
  };
}

let english: Texts | undefined;

/** The texts that are used until others are given. */
export const defaultTexts = (): Texts => {
  english ??= textsOf('en', en);
  return english;
};

/** Whether an element that was shown speaks another language from now on: what the server says in it is asked for again. */
export function isOtherLanguage(changed: { get(key: 'texts'): Texts | undefined }, { locale }: Texts): boolean {
  const was = changed.get('texts');
  return was !== undefined && was.locale !== locale;
}
