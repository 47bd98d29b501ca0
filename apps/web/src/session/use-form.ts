import { type CallRefusal, refusalOf } from '@tenantree/client';
import { type FormEvent, useEffect, useRef, useState } from 'react';

/** Values of a form's named fields. */
export type Values = Readonly<Record<string, string>>;

/**
 * A form that is sent once at a time. The send function returns a refusal, null when all went well, or `'next'` when the form then
 * waits, empty, for the next one; what it throws is taken for the server's refusal. What was refused stays as it was typed, and the
 * focus goes to the field that is to blame.
 */
export function useForm(send: (values: Values) => Promise<CallRefusal | 'next' | null>) {
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);
  const [isSending, setSending] = useState(false);
  // State is a render late for a double click.
  const busy = useRef(false);

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refusal?.field !== undefined) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [refusal]);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    form.current = event.currentTarget;
    const data = new FormData(event.currentTarget);
    const values = Object.fromEntries(
      [...data].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    try {
      const outcome = await send(values);
      if (outcome === 'next') form.current.reset();
      setRefusal(outcome === 'next' ? null : outcome);
    } catch (error) {
      setRefusal(refusalOf(error));
    } finally {
      busy.current = false;
      setSending(false);
    }
  };
  return { refusal, isSending, onSubmit: (event: FormEvent<HTMLFormElement>) => void submit(event) };
}
