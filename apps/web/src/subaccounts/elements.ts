import { createComponent, type EventName } from '@lit/react';
import {
  type DensityDetail,
  type OpenDetail,
  SamSubaccounts,
  type ScreenView,
  type SwitchDetail,
} from '@tenantree/widget';
import React from 'react';

/** The subaccounts screen: the element that `<subaccount-manager>` shows, too. */
export const Subaccounts = createComponent({
  react: React,
  tagName: 'sam-subaccounts',
  elementClass: SamSubaccounts,
  events: {
    onReady: 'sam-ready' as EventName<CustomEvent>,
    onOpen: 'sam-open' as EventName<CustomEvent<OpenDetail>>,
    onSwitch: 'sam-switch' as EventName<CustomEvent<SwitchDetail>>,
    onView: 'sam-view' as EventName<CustomEvent<ScreenView>>,
    onDensity: 'sam-density' as EventName<CustomEvent<DensityDetail>>,
    onChanged: 'sam-change' as EventName<CustomEvent>,
  },
});
