/** The percents in a text; null when it has something else. */
export function percentsIn(text: string): number[] | null {
  const parts = text.split(/[\s,;%]+/).filter(Boolean);
  return parts.every((part) => /^\d{1,3}$/.test(part)) ? parts.map(Number) : null;
}
