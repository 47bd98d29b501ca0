import { useEffect, useId, useRef } from 'react';
import css from './parts.module.css';
import { Button } from './parts.tsx';

/** Something that is asked before it is done: what it means, the name of the act, and the act. */
export type Question = {
  readonly title: string;
  readonly text: string;
  readonly act: string;
  /** How the button for it looks; grave unless said otherwise. */
  readonly look?: 'grave' | 'primary';
  readonly run: () => void;
};

/** Asks, over everything else, when there is a question. Escape and the click beside it are a no. */
export function Confirm({ question, onClose }: { readonly question: Question | null; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (question) dialog.current?.showModal();
  }, [question]);
  if (!question) return null;
  return (
    <dialog
      ref={dialog}
      className={css.dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onClose={onClose}
      onClickCapture={(event) => {
        // The second click of a double click on what asked is no answer.
        if (event.detail > 1) event.stopPropagation();
      }}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <div className={css.dialogBody}>
        <h2 id={`${id}-title`} dir="auto">
          {question.title}
        </h2>
        <p id={`${id}-text`}>{question.text}</p>
      </div>
      <footer className={css.dialogFoot}>
        <Button onClick={() => dialog.current?.close()}>Cancel</Button>
        <Button
          look={question.look ?? 'grave'}
          onClick={() => {
            dialog.current?.close();
            question.run();
          }}
        >
          {question.act}
        </Button>
      </footer>
    </dialog>
  );
}
