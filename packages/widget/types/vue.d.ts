import type { HTMLAttributes } from 'vue';
import type { SubaccountManagerElement, SubaccountManagerEventMap } from './dist/index.js';

type Properties = Partial<Omit<SubaccountManagerElement, keyof HTMLElement>>;
type Attributes = Omit<Properties, 'features'> & { features?: Properties['features'] | string };
type Emit = <Type extends keyof SubaccountManagerEventMap>(type: Type, event: SubaccountManagerEventMap[Type]) => void;

declare module 'vue' {
  interface GlobalComponents {
    'subaccount-manager': new () => { $props: HTMLAttributes & Attributes; $emit: Emit };
  }
}
