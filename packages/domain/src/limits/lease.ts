const KEY = /^\P{Cc}{1,200}$/u;

/** Whether a text may name a lease: 1 to 200 characters, none of them a control character. */
export const isLeaseKey = (text: string): boolean => KEY.test(text);

/** Longest that a lease lives without being renewed (s). */
export const LONGEST_LEASE_SECONDS = 24 * 60 * 60;
