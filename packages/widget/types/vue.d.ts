import type { HTMLAttributes } from 'vue';
import type { SubaccountManagerElement, SubaccountManagerEventMap } from './dist/index.js';

type Properties = Partial<Omit<SubaccountManagerElement, keyof HTMLElement>>;
type Emit = <Type extends keyof SubaccountManagerEventMap>(type: Type, event: SubaccountManagerEventMap[Type]) => void;

declare module 'vue' {
  interface GlobalComponents {
    'subaccount-manager': new () => { $props: HTMLAttributes & Properties; $emit: Emit };
  }
}
