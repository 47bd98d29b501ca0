import { type RefObject, useState } from 'react';
import { Button } from './parts.tsx';

type Props = {
  /** What has the text. */
  readonly of: RefObject<HTMLElement | null>;
  /** What is copied, for whoever hears the button alone. */
  readonly what: string;
  readonly look?: 'plain' | 'quiet';
  readonly className?: string;
};

const SAID = { idle: 'Copy', copied: 'Copied', selected: 'Selected' } as const;

/** Copies a text. Where the browser lets no page do so, such as over plain http, it is selected to be copied by hand. */
export function Copy({ of: source, what, ...looks }: Props) {
  const [state, setState] = useState<keyof typeof SAID>('idle');
  const copy = async (): Promise<void> => {
    const element = source.current;
    if (!element) return;
    try {
      await navigator.clipboard.writeText(element.textContent);
      setState('copied');
    } catch {
      window.getSelection()?.selectAllChildren(element);
      setState('selected');
    }
  };
  return (
    <Button {...looks} aria-label={`${SAID[state]} ${what}`} onClick={() => void copy()}>
      {SAID[state]}
    </Button>
  );
}
