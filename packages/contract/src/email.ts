import { z } from 'zod';

const ASCII_ADDRESS = z.email();
/** What a domain can be written with; the reader of host names behind it would take escapes and paths, too. */
const DOMAIN = /^[\p{L}\p{N}\p{M}.。．｡-]+$/u;

/** An e-mail address as people read it: trimmed, in lower case, otherwise as it was typed. */
export const shownEmail = (text: string): string => text.trim().normalize('NFC').toLowerCase();

/**
 * An e-mail address as addresses are compared: its domain in ASCII form, so that `ann@bücher.example` and
 * `ann@xn--bcher-kva.example` are one. A text that is no address is left as it is.
 */
export function normalEmail(text: string): string {
  const shown = shownEmail(text);
  const at = shown.lastIndexOf('@') + 1;
  const domain = shown.slice(at);
  return at > 0 && DOMAIN.test(domain) ? shown.slice(0, at) + asciiDomain(domain) : shown;
}

/** A domain in ASCII form; empty when there is none. */
const asciiDomain = (domain: string): string => URL.parse(`ws://${domain}`)?.hostname ?? '';

/** Whether a text is an e-mail address that mail can be sent to; its domain may be written in any script. */
export const isEmail = (text: string): boolean => ASCII_ADDRESS.safeParse(normalEmail(text)).success;
