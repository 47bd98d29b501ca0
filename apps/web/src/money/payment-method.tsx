import type { BillingState } from '@tenantree/contract';
import { cardWords } from '@tenantree/widget/money';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Act, Card } from '../parts/cards.tsx';
import { Button } from '../parts/parts.tsx';
import { queries, tenantree } from '../server.ts';

const { billing } = tenantree.trpc;

type Payment = NonNullable<BillingState['payment']>;

/** How an account pays that pays for itself: what is in use, what is being set up, and changing it. */
export function PaymentMethod({ account, payment }: { readonly account: string; readonly payment: Payment }) {
  const { ways, method, next } = payment;
  const fresh = (state: BillingState): void => void queries.setQueryData(['billing', account], state);
  const set = async (provider: string): Promise<void> => {
    const { state, form } = await billing.setPayment.mutate({ account, provider });
    fresh(state);
    if (!form) return;
    const { payByForm } = await import('./pay-dialog.ts');
    await payByForm(form);
    fresh(await billing.checkPayment.mutate({ account }));
  };
  const remove = (): Promise<void> =>
    ask({
      title: method ? 'Pay by invoice from now on?' : 'Give up the card that is being set up?',
      text: `${method ? 'The card' : 'What was begun'} is taken away here and at the payment provider. Invoices are paid by bank transfer.`,
      submit: method ? 'Remove card' : 'Give up',
      act: () => set('invoice'),
    });
  const offered = ways.filter((way) => way !== 'invoice');
  return (
    <Card title="Payment method">
      <div className={css.in}>
        {method ? <InUse method={method} /> : <ByInvoice />}
        {next && (
          <p className={css.warn} role="status">
            {next.state === 'pending'
              ? 'A card is being set up: the payment provider hasn’t finished it yet. What was begun goes on where it stopped.'
              : 'The card that was given last was not taken. Give it again, or another one.'}
          </p>
        )}
        <div className={css.acts}>
          {offered.map((way) => (
            <Act key={way} does={() => set(way)} working="Opening…">
              {next?.state === 'pending' ? 'Go on with the card' : method ? 'Replace card' : 'Add a card'}
            </Act>
          ))}
          {(method || next) && (
            <Button look="danger" onClick={() => void remove()}>
              {method ? 'Remove card…' : 'Give up…'}
            </Button>
          )}
        </div>
      </div>
    </Card>
  );
}

const ByInvoice = () => (
  <div>
    <strong>Invoice and bank transfer</strong>
    <p className={css.quiet}>Each month there is an invoice, which is paid by bank transfer.</p>
  </div>
);

function InUse({ method: { provider, state, card } }: { readonly method: NonNullable<Payment['method']> }) {
  return (
    <div>
      <strong>{card ? cardWords(card) : provider}</strong>
      {state === 'lost' && (
        <p className={css.warn} role="status">
          It can’t be used any more: it expired, or was taken away at the payment provider. Until another one is set,
          invoices are paid by bank transfer.
        </p>
      )}
    </div>
  );
}
