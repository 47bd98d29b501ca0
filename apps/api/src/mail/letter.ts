import type { Mail } from './mail.ts';

/** A place that a mail leads to. */
export type Link = { readonly label: string; readonly url: string };

/** What a mail says: paragraphs, and links among them. */
export type Letter = Pick<Mail, 'to' | 'subject' | 'key'> & { readonly says: readonly (string | Link)[] };

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);

const asText = (part: string | Link): string => (typeof part === 'string' ? part : `${part.label}:\n${part.url}`);
const asHtml = (part: string | Link): string =>
  typeof part === 'string'
    ? `<p>${escaped(part)}</p>`
    : `<p><a href="${escaped(part.url)}">${escaped(part.label)}</a></p>`;

/** A letter as it is sent, whatever stands in names: nothing of it is read as HTML, or as a header. */
export const mailOf = ({ subject, says, ...letter }: Letter): Mail => ({
  ...letter,
  subject: subject.replace(/\p{Cc}+/gu, ' '),
  text: says.map(asText).join('\n\n'),
  html: `<!doctype html><html lang="en"><meta charset="utf-8"><body>${says.map(asHtml).join('')}</body></html>`,
});
