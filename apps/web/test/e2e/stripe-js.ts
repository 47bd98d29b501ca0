import type { BrowserContext, Route } from 'playwright-core';
import type { StripeStandIn } from '../../../api/test/support/stripe-stand-in.ts';

/** What stands for Stripe.js in a page: its form in a frame of its own, from where the real one is. */
const SCRIPT = `
  window.Stripe = Object.assign((key) => ({
    elements: ({ clientSecret }) => {
      let element = null;
      const said = {};
      return {
        clientSecret,
        getElement: () => element,
        create: () => (element = {
          on: (event, tell) => { said[event] = tell; },
          mount: (at) => {
            element.frame = document.createElement('iframe');
            element.frame.title = 'Card';
            element.frame.onload = () => said.ready();
            element.frame.src = 'https://js.stripe.com/form.html';
            at.append(element.frame);
          },
          focus: () => element.frame.focus(),
          unmount: () => { element?.frame.remove(); element = null; },
        }),
      };
    },
    confirmSetup: async ({ elements }) => {
      const number = await new Promise((resolve) => {
        addEventListener('message', ({ data, origin }) => origin === 'https://js.stripe.com' && resolve(data), { once: true });
        elements.getElement('payment').frame.contentWindow.postMessage('number', '*');
      });
      const body = JSON.stringify({ key, secret: elements.clientSecret, number });
      return (await fetch('https://api.stripe.com/confirm', { method: 'POST', body })).json();
    },
  }), { version: 'endive' });`;

const FORM = `<!doctype html><title>Card</title><label>Card number <input></label>
  <script>addEventListener('message', ({ source }) => source.postMessage(document.querySelector('input').value, '*'))</script>`;

/** How the browser’s part of Stripe behaves. */
export type StripeJs = {
  /** `fails`: nothing is loaded; `hangs`: its file never comes; `mute`: it loads, and never answers what it is told. */
  mode: 'well' | 'fails' | 'hangs' | 'mute';
  /** How often a card was sent. */
  sent: number;
};

/** A card that is taken, and one that is declined. */
export const GOOD_CARD = '4242';
export const BAD_CARD = '4000';

/** Answers for Stripe in all pages of a context: nothing leaves the machine. */
export async function standInForStripeJs(context: BrowserContext, stripe: StripeStandIn): Promise<StripeJs> {
  const js: StripeJs = { mode: 'well', sent: 0 };
  const script = async (route: Route): Promise<void> => {
    if (js.mode === 'hangs') return;
    if (js.mode === 'fails') return route.abort();
    const isForm = route.request().url().endsWith('.html');
    const type = isForm ? 'text/html' : 'text/javascript';
    await route.fulfill({ contentType: type, body: isForm ? FORM : SCRIPT });
  };
  const confirm = async (route: Route): Promise<void> => {
    if (js.mode === 'mute') return route.abort();
    const { secret, number } = JSON.parse(route.request().postData() ?? '{}') as { secret: string; number: string };
    js.sent += 1;
    const isTaken = number === GOOD_CARD;
    stripe.finish(secret.replace('_secret', ''), isTaken ? 'succeeded' : 'failed');
    await route.fulfill({
      headers: { 'access-control-allow-origin': '*' },
      json: isTaken ? { setupIntent: { status: 'succeeded' } } : { error: { message: 'Your card was declined.' } },
    });
  };
  await context.route('https://js.stripe.com/**', script);
  await context.route('https://api.stripe.com/**', confirm);
  return js;
}
