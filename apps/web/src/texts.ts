import { en, textsOf } from '@tenantree/widget';

/** What numbers and dates are written for; `navigator.language` can be one that isn't any. */
const { locale } = new Intl.NumberFormat().resolvedOptions();

/** The words of the elements: English, as everything around them, with numbers and dates as the browser writes them. */
export const texts = textsOf(locale, en);
