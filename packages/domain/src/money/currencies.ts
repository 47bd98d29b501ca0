/** A currency as amounts are kept in it: its ISO 4217 code, and how many digits its smallest unit stands after the point. */
export type Currency = { readonly code: string; readonly exponent: number };

/**
 * How many digits after the point the minor unit of each currency stands (rules/money 2). Made once from ISO's list of 2024-06-25, as the
 * npm package currency-codes 2.2.0 ships it, without what has no minor unit (metals, bond units, test codes), and corrected by hand: XCG
 * was added, BGN is gone. Not from `Intl`, which leaves digits out that ISO has (IDR, HUF, IQD and others).
 */
const CODES_BY_EXPONENT: readonly (readonly [exponent: number, codes: string])[] = [
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC ' +
      'CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS ' +
      'KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB ' +
      'PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD ' +
      'TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
];

const CURRENCIES: ReadonlyMap<string, Currency> = new Map(
  CODES_BY_EXPONENT.flatMap(([exponent, codes]) => codes.split(' ').map((code) => [code, { code, exponent }] as const)),
);

/** Finds a currency by a text of unknown origin; null when ISO 4217 has none of that code in use. */
export const findCurrency = (code: string): Currency | null => CURRENCIES.get(code) ?? null;

/** Codes of all currencies that amounts can be in, in alphabetical order. */
export const CURRENCY_CODES: readonly string[] = [...CURRENCIES.keys()].sort();
