let characters: Intl.Segmenter | undefined;

/** The first character of a text as people see it, marks included. */
function firstCharacter(text: string): string {
  // Nothing below U+0300 joins with what follows: no need to ask for every row that is scrolled into sight.
  if (text.charCodeAt(0) < 0x300 && !(text.charCodeAt(1) >= 0x300)) return text.charAt(0);
  characters ??= new Intl.Segmenter();
  return characters.segment(text).containing(0)?.segment ?? '';
}

/** One or two characters that stand for a name: of its first two words, or its first character in scripts without words. */
export function initialsOf(name: string): string {
  const words = name
    .split(/[\s\-_./·]+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+/u, ''))
    .filter((word) => word !== '');
  const letters = words.length > 0 ? words : [name.trim()];
  return letters.slice(0, 2).map(firstCharacter).join('').toLocaleUpperCase();
}

/** A hue of 0–359 for an id: the same account has the same colour everywhere. */
export function hueOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return hash % 360;
}
