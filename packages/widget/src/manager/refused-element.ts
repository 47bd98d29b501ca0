import { emit } from '../events.ts';
import { REFUSED } from './trusted-types.ts';

/** Stands in for `<subaccount-manager>` where the page's policy allows no markup: what the page put into it stays to be read. */
export class RefusedElement extends HTMLElement {
  connectedCallback(): void {
    console.error(REFUSED);
    // Those who listen may do so right after they put the element in.
    queueMicrotask(() => emit(this, 'sam-error', { code: 'TRUSTED_TYPES', message: REFUSED, retryable: false }));
  }
}
