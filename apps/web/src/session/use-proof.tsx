import { refusalOf } from '@tenantree/client';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Alert, Button, partsCss as css, errorOf, Field } from '../parts/parts.tsx';
import { proveAgain } from './sign-in.ts';
import { useForm } from './use-form.ts';

type Waiting = { readonly goOn: () => void; readonly giveUp: () => void };

/**
 * Runs what the server may want the password for once more: it is asked for in a dialog, to be rendered where one is, and then the same
 * is done again. Who closes the dialog gets the refusal that opened it.
 */
export function useProof(): { prove: <T>(act: () => Promise<T>) => Promise<T>; dialog: ReactNode } {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const prove = async <T,>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      if (refusalOf(error).code !== 'REAUTHENTICATION_REQUIRED') throw error;
      await new Promise<void>((goOn, fail) => setWaiting({ goOn, giveUp: () => fail(error) }));
      return act();
    }
  };
  const close = (): void => {
    waiting?.giveUp();
    setWaiting(null);
  };
  return { prove, dialog: waiting && <ProofDialog onProved={waiting.goOn} onClose={close} /> };
}

function ProofDialog({ onProved, onClose }: { readonly onProved: () => void; readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const { refusal, isSending, onSubmit } = useForm(async ({ password = '' }) => {
    const refused = await proveAgain(password);
    if (refused) return refused;
    onProved();
    dialog.current?.close();
    return null;
  });
  return (
    <dialog ref={dialog} className={css.dialog} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={onSubmit}>
        <div className={css.dialogBody}>
          <h2 id={id}>Is it you?</h2>
          <p>You signed in a while ago. Enter your password once more to go on.</p>
          <Alert refusal={refusal} fields={['password']} />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
            error={errorOf(refusal, 'password')}
          />
        </div>
        <footer className={css.dialogFoot}>
          <Button onClick={() => dialog.current?.close()}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isSending}>
            {isSending ? 'Checking…' : 'Go on'}
          </Button>
        </footer>
      </form>
    </dialog>
  );
}
