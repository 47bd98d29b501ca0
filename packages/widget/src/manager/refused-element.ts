import { emit } from '../events.ts';
import { define } from '../parts/define.ts';
import { OWN_POLICY } from './trusted-types.ts';

/** What the page must allow. */
const REFUSED = `The page’s Content-Security-Policy keeps <subaccount-manager> from showing anything: add “${OWN_POLICY}” to its trusted-types list.`;

/** Stands in for `<subaccount-manager>` where the page's policy allows no markup: what the page put into it stays to be read. */
class RefusedElement extends HTMLElement {
  connectedCallback(): void {
    console.error(REFUSED);
    // Those who listen may do so right after they put the element in.
    queueMicrotask(() => emit(this, 'sam-error', { code: 'TRUSTED_TYPES', message: REFUSED, retryable: false }));
  }
}

/** Registers it. */
export const defineRefused = (): void => define('subaccount-manager', RefusedElement);
