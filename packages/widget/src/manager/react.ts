import { createComponent, type EventName } from '@lit/react';
import * as React from 'react';
import { SubaccountManager as Element } from './package.ts';
import type { SubaccountManagerElement, SubaccountManagerEventMap } from './public.ts';

/** The element's own properties, all optional. */
type Properties = Partial<Omit<SubaccountManagerElement, keyof HTMLElement>>;

/** What one may write in JSX for the bare element: its attributes, properties and, as `onsam-ready`, its events. */
export type SubaccountManagerTag = React.DetailedHTMLProps<
  React.HTMLAttributes<SubaccountManagerElement>,
  SubaccountManagerElement
> &
  Omit<Properties, 'features' | 'readOnly'> & {
    readonly features?: Properties['features'] | string;
    readonly readOnly?: boolean;
    readonly 'read-only'?: boolean | '' | 'true' | 'false';
  } & {
    readonly [Type in keyof SubaccountManagerEventMap as `on${Type}`]?: (
      event: SubaccountManagerEventMap[Type],
    ) => void;
  };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'subaccount-manager': SubaccountManagerTag;
    }
  }
}

/** The name of an event, with what it brings. */
const named = <Type extends keyof SubaccountManagerEventMap>(type: Type) =>
  type as EventName<SubaccountManagerEventMap[Type]>;

const EVENTS = {
  onSamReady: named('sam-ready'),
  onSamOpen: named('sam-open'),
  onSamSwitch: named('sam-switch'),
  onSamChange: named('sam-change'),
  onSamView: named('sam-view'),
  onSamDensity: named('sam-density'),
  onSamError: named('sam-error'),
  onSamSessionExpired: named('sam-session-expired'),
};

/** The same, as properties of the component. */
type Listeners = {
  readonly onSamReady?: (event: SubaccountManagerEventMap['sam-ready']) => void;
  readonly onSamOpen?: (event: SubaccountManagerEventMap['sam-open']) => void;
  readonly onSamSwitch?: (event: SubaccountManagerEventMap['sam-switch']) => void;
  readonly onSamChange?: (event: SubaccountManagerEventMap['sam-change']) => void;
  readonly onSamView?: (event: SubaccountManagerEventMap['sam-view']) => void;
  readonly onSamDensity?: (event: SubaccountManagerEventMap['sam-density']) => void;
  readonly onSamError?: (event: SubaccountManagerEventMap['sam-error']) => void;
  readonly onSamSessionExpired?: (event: SubaccountManagerEventMap['sam-session-expired']) => void;
};

/** What `<SubaccountManager>` takes: the element's properties, what every element of a page takes, and its events. */
export type SubaccountManagerProps = Omit<React.HTMLAttributes<SubaccountManagerElement>, keyof Properties> &
  Properties &
  Listeners;

/** `<subaccount-manager>` as a component of React: properties of any kind, and its events as `onSamReady`, `onSamOpen` and so on. */
export const SubaccountManager: React.ForwardRefExoticComponent<
  SubaccountManagerProps & React.RefAttributes<SubaccountManagerElement>
> = createComponent({
  react: React,
  tagName: 'subaccount-manager',
  elementClass: Element,
  displayName: 'SubaccountManager',
  events: EVENTS,
});
