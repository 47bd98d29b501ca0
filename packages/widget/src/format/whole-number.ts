/** A whole number as people write it, with or without groups; null when it is none. */
export function wholeIn(text: string): number | null {
  const digits = text.replace(/(?<=\d)[\s.,’'](?=\d{3}(?!\d))/g, '').trim();
  return /^\d{1,10}$/.test(digits) ? Number(digits) : null;
}
