import type { HTMLAttributes } from 'svelte/elements';
import type { SubaccountManagerElement, SubaccountManagerEventMap } from './dist/index.js';

type Properties = Partial<Omit<SubaccountManagerElement, keyof HTMLElement>>;
type Listeners = {
  [Type in keyof SubaccountManagerEventMap as `on${Type}`]?: (event: SubaccountManagerEventMap[Type]) => void;
};

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'subaccount-manager': HTMLAttributes<SubaccountManagerElement> &
      Omit<Properties, 'features'> &
      Listeners & { features?: Properties['features'] | string; 'read-only'?: boolean };
  }
}
