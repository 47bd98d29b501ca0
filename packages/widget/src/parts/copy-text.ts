import type { Texts } from '../strings/texts.ts';
import type { Toast } from './sam-toast.ts';

/** Copies a text and says so; where that isn't allowed, the text itself is shown to be copied by hand. */
export async function copyText(text: string, { say }: Texts, toast: (toast: Toast) => void): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ text: say('idCopied') });
  } catch {
    toast({ text });
  }
}
