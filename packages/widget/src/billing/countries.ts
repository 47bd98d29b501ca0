import { COUNTRY_CODES } from '@tenantree/domain';

/** A country by its code, with its name in a language. */
export type Country = { readonly code: string; readonly name: string };

/** All countries, in the order of their names. */
export function countriesIn(locale: string): readonly Country[] {
  const names = new Intl.DisplayNames(locale, { type: 'region' });
  return (COUNTRY_CODES.match(/../g) ?? [])
    .map((code) => ({ code, name: names.of(code) ?? code }))
    .toSorted((a, b) => a.name.localeCompare(b.name, locale));
}
