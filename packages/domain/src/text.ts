/**
 * A name or reference inside a sentence for people: in typographic quotes, cut after 120 characters so that no
 * input can flood a message, and text that every reader can hold.
 */
export function quoted(text: string): string {
  const characters = Array.from(text.toWellFormed());
  return `“${characters.length > 120 ? `${characters.slice(0, 119).join('')}…` : characters.join('')}”`;
}

/** A name that somebody sent, as the field of a refusal: of bounded length, and text that every reader can hold. */
export const fieldName = (name: string): string => name.slice(0, 200).toWellFormed().replaceAll('\0', '\uFFFD');

/** A number with its noun, in the singular or plural: `1 subaccount`, `3 subaccounts`. */
export const counted = (count: number, singular: string, plural: string = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : plural}`;

/** Bytes of a text in UTF-8, the unit of every size bound on text. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Bytes in UTF-8 as text, without a byte order mark; null when they are in another encoding. */
export function textOfUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
