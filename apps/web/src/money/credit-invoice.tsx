import type { DetailedInvoice } from '@tenantree/contract';
import { amountText, decideCredit, newId, parseAmount } from '@tenantree/domain';
import type { ShownMoney } from '@tenantree/widget/money';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Card, useAct } from '../parts/cards.tsx';
import { Alert, Button, Field } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';
import { readTyped } from './typed.ts';
import { amount } from './words.ts';

const { billing, invoices } = tenantree.trpc;
/** Random bytes of a key. */
const KEY_BYTES = 10;

type Props = { readonly account: string; readonly invoice: DetailedInvoice };

/** What is left of an invoice that credit notes haven’t taken. */
const leftOf = ({ total, credited }: Pick<DetailedInvoice, 'total' | 'credited'>): ShownMoney => less(total, credited);

const less = (from: ShownMoney, by: ShownMoney): ShownMoney => ({
  ...from,
  minor: String(BigInt(from.minor) - BigInt(by.minor)),
});
const more = (to: ShownMoney, by: ShownMoney): ShownMoney => ({
  ...to,
  minor: String(BigInt(to.minor) + BigInt(by.minor)),
});

/** Whether something of a document can be credited: an issued invoice of which something is left. */
export const isCreditable = ({ kind, number, ...invoice }: DetailedInvoice): boolean =>
  kind !== 'credit' && number !== null && BigInt(leftOf(invoice).minor) > 0n;

/** What is written as the amount; empty: all that is left. A refusal is what the server would say of it. */
function wishedOf(text: string, left: ShownMoney) {
  if (text === '') return { ok: true, value: left } as const;
  const typed = readTyped(text);
  if (!typed.ok) return { ok: false, refusal: { message: typed.message } } as const;
  const currency = { code: left.currency, exponent: left.exponent };
  const parsed = parseAmount(typed.value, currency, 'amount');
  if (!parsed.ok) return parsed;
  const open = { id: '', amount: BigInt(left.minor), credited: 0n };
  const decision = decideCredit([open], { currency, minor: parsed.value });
  return decision.ok ? ({ ok: true, value: { ...left, minor: String(parsed.value) } } as const) : decision;
}

/** The review of a credit, with what was refused of its amount, and what the last try failed with. */
function useReview({ account, invoice: { id } }: Props) {
  const [, navigate] = useLocation();
  const [refused, setRefused] = useState<{ readonly message: string } | null>(null);
  const { busy, refusal, act } = useAct();
  const review = async (text: string, reason: string): Promise<void> => {
    const [{ invoice }, { balance }] = await Promise.all([
      invoices.get.query({ account, invoice: id, limit: 1 }),
      billing.get.query({ account }),
    ]);
    const left = leftOf(invoice);
    const wished = wishedOf(text, left);
    setRefused(wished.ok ? null : wished.refusal);
    if (!wished.ok) return;
    const { currency: code, exponent, minor } = wished.value;
    const inCredit = balance.find(({ currency }) => currency === code) ?? { ...left, minor: '0' };
    const credit = { amount: amountText({ currency: { code, exponent }, minor: BigInt(minor) }), reason };
    // Sent again after a silence of the server it is the same credit.
    const context = { idempotencyKey: newId(Date.now(), crypto.getRandomValues(new Uint8Array(KEY_BYTES))) };
    await ask({
      title: `Credit ${amount(wished.value)} of ${invoice.number}?`,
      text: `${amount(left)} of it is left, and ${amount(less(left, wished.value))} after this. In credit is ${amount(inCredit)} now, and ${amount(more(inCredit, wished.value))} then, which is taken off the next invoice. The invoice itself never changes, and a credit note can’t be taken back.`,
      submit: `Credit ${amount(wished.value)}`,
      act: async () => {
        const { invoice: note } = await invoices.credit.mutate({ account, invoice: id, ...credit }, { context });
        await queries.invalidateQueries();
        navigate(`/a/${account}/billing/invoices/${note.id}`);
      },
    });
  };
  return { busy, refusal, refused, review: (text: string, reason: string) => void act(() => review(text, reason)) };
}

/** What is written in a field of a form. */
function textIn(form: FormData, name: string): string {
  const found = form.get(name);
  return typeof found === 'string' ? found.trim() : '';
}

/** Credits some of an invoice, or all that is left of it: what it comes to is read again and shown before it is for good. */
export function CreditInvoice({ account, invoice }: Props) {
  const { busy, refusal, refused, review } = useReview({ account, invoice });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    review(textIn(form, 'amount'), textIn(form, 'reason'));
  };
  return (
    <Card
      title="Credit this invoice"
      aside={<span className={css.quiet}>{`${amount(leftOf(invoice))} is left of it.`}</span>}
    >
      <form className={css.in} onSubmit={submit}>
        <Alert refusal={refusal} />
        <div className={css.fields}>
          <Field
            label={`Amount, ${invoice.total.currency}`}
            name="amount"
            inputMode="decimal"
            autoComplete="off"
            hint="Empty: all that is left."
            error={refused?.message ?? null}
          />
          <Field
            label="Reason"
            name="reason"
            required
            maxLength={200}
            autoComplete="off"
            hint="It stands on the credit note."
          />
        </div>
        <div className={css.acts}>
          <Button type="submit" aria-disabled={busy}>
            {busy ? 'Working…' : 'Review'}
          </Button>
        </div>
      </form>
    </Card>
  );
}
