import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../report.ts';
import { gzKilobytes } from './build.ts';
import type { Extremes, Figures } from './measure-page.ts';

export type Results = Readonly<Record<string, Figures>>;

/** Two frames of 16.7 ms, and the resolution of the clock. */
const TWO_FRAMES_MS = 34;

const WIDGET = join(import.meta.dirname, '../../../packages/widget/dist/subaccount-manager.js');

/** The budgets of the tree table (rules/screens 17), against the floor and the peers of the same run. */
export async function budgets(results: Results, extremes: Extremes | null): Promise<Target[]> {
  const { ours, floor, tanstack } = results;
  const scrollFloor = results['floor-600'];
  const ag = results['ag-grid'];
  const inReact = results['ours-in-react'];
  const before = results['ours-before'];
  if (ours === undefined) return [];
  const list: Target[] = [
    { what: 'scroll: fps at 7 200 px/s', measured: ours.scrollFps, atLeast: 58 },
    { what: 'scroll: blank frames', measured: ours.blankFrames, atMost: 0 },
    { what: 'ticks anywhere: × idle loop', measured: ours.anywherePerSecond / ours.idlePerSecond, atMost: 2 },
    { what: '5 000 ticks/s: longest frame, ms', measured: ours.fastMaxFrame, atMost: 33.4 },
    { what: 'expand 2 000 cached rows, ms', measured: ours.toggle, atMost: TWO_FRAMES_MS },
    { what: 'jump anywhere p95, ms', measured: ours.jumpP95, atMost: 100 },
    { what: 'heap over empty, MB', measured: ours.heapMegabytes, atMost: 12 },
  ];
  if (scrollFloor)
    list.push({ what: 'scroll CPU: × floor', measured: ours.scrollPerFrame / scrollFloor.scrollPerFrame, atMost: 1.5 });
  if (ag) {
    list.push({ what: 'scroll CPU: × ag-grid', measured: ours.scrollPerFrame / ag.scrollPerFrame, atMost: 0.6 });
    list.push({
      what: 'CPU to first paint: × ag-grid',
      measured: ours.firstPaintBusy / ag.firstPaintBusy,
      atMost: 0.7,
    });
  }
  if (floor) {
    list.push({ what: 'CPU to first paint: × floor', measured: ours.firstPaintBusy / floor.firstPaintBusy, atMost: 2 });
    list.push({
      what: 'ticks on screen: × floor',
      measured: ours.onScreenPerSecond / floor.onScreenPerSecond,
      atMost: 1.3,
    });
  }
  if (before) {
    const to = (what: 'onScreenPerSecond' | 'anywherePerSecond' | 'scrollPerFrame'): number =>
      ours[what] / before[what];
    list.push({ what: 'ticks on screen: × the build before', measured: to('onScreenPerSecond'), atMost: 1.1 });
    list.push({ what: 'ticks anywhere: × the build before', measured: to('anywherePerSecond'), atMost: 1.1 });
    list.push({ what: 'scroll CPU: × the build before', measured: to('scrollPerFrame'), atMost: 1.1 });
  }
  if (tanstack) {
    list.push({
      what: 'ticks on screen: × TanStack Table',
      measured: ours.onScreenPerSecond / tanstack.onScreenPerSecond,
      atMost: 0.4,
    });
    list.push({
      what: 'ticks anywhere: × TanStack Table',
      measured: ours.anywherePerSecond / tanstack.anywherePerSecond,
      atMost: 0.15,
    });
  }
  if (inReact && floor) {
    list.push({
      what: 'in React, ticks on screen: × floor',
      measured: inReact.onScreenPerSecond / floor.onScreenPerSecond,
      atMost: 1.4,
    });
    list.push({ what: 'in React, CPU to first paint, ms', measured: inReact.firstPaintBusy, atMost: 250 });
  }
  if (extremes && scrollFloor)
    list.push({
      what: '100 000 rows, scroll CPU: × floor',
      measured: extremes.largeScrollPerFrame / scrollFloor.scrollPerFrame,
      atMost: 1.5,
    });
  if (extremes)
    list.push({
      what: 'processor 4× slower, interaction to paint p95, ms',
      measured: extremes.slowInteractionP95,
      atMost: 100,
    });
  if (existsSync(WIDGET))
    list.push({ what: 'widget, first file, gz kB', measured: await gzKilobytes(WIDGET), atMost: 36 });
  return list;
}
