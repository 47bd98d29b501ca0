/** A name or reference inside a sentence for people: in typographic quotes, cut after 120 characters so that no input can flood a message. */
export function quoted(text: string): string {
  const characters = Array.from(text);
  return `“${characters.length > 120 ? `${characters.slice(0, 119).join('')}…` : text}”`;
}

/** A number with its noun, in the singular or plural: `1 subaccount`, `3 subaccounts`. */
export const counted = (count: number, singular: string, plural: string = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : plural}`;

/** Bytes of a text in UTF-8, the unit of every size bound on text. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;
