import { type Numbers, numbersOf } from '../format/numbers.ts';
import { en, type Strings } from './en.ts';
import { type Values, write } from './messages.ts';

/** The texts of one language with its number formats: what every element needs to say anything. */
export type Texts = {
  readonly locale: string;
  readonly numbers: Numbers;
  /** Writes a text of the catalogue. */
  readonly say: (key: keyof Strings, values?: Values) => string;
};

/** Makes the texts of a language from its catalogue. */
export function textsOf(locale: string, strings: Strings): Texts {
  const numbers = numbersOf(locale);
  return { locale, numbers, say: (key, values) => (values ? write(strings[key], values, numbers) : strings[key]) };
}

let english: Texts | undefined;

/** The texts that are used until others are given. */
export const defaultTexts = (): Texts => {
  english ??= textsOf('en', en);
  return english;
};
