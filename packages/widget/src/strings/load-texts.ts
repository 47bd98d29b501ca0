import { fetched } from '@tenantree/client';
import { en, type Strings } from './en.ts';
import { type Texts, textsOf } from './texts.ts';

/** Catalogues beside English, each loaded when it is needed. */
const CATALOGUES: Readonly<Record<string, () => Promise<Strings>>> = {
  de: async () => (await fetched(() => import('./de.ts'), 'de')).de,
};

/**
 * The texts for a language, with single texts replaced by the host's own. An unknown language gets English words with its own
 * numbers and dates; a text that isn't one, like a mistyped locale, gets English altogether, and so does one whose catalogue can't be had.
 */
export async function loadTexts(locale: string, own: Partial<Strings> = {}): Promise<Texts> {
  const known = supported(locale);
  const [language = ''] = known.split('-');
  const catalogue = (await CATALOGUES[language]?.().catch(() => null)) ?? en;
  return textsOf(known, { ...catalogue, ...own });
}

function supported(locale: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
