import { define, SamToast, type Toast } from '@tenantree/widget';

define('sam-toast', SamToast);

/** Tells in a message what happened, where no screen has a place for it. */
export function toast(message: Toast): void {
  const shown = document.querySelector('body > sam-toast');
  const toasts = shown instanceof SamToast ? shown : Object.assign(new SamToast(), { dismissLabel: 'Dismiss' });
  if (toasts !== shown) document.body.append(toasts);
  toasts.show(message);
}
