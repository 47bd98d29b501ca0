import { afterEach, expect, it, vi } from 'vitest';
import { userEvent } from 'vitest/browser';
import '../src/manager/entry.ts';
import { SubaccountManager } from '../src/manager/subaccount-manager.ts';
import { mockTree } from './example-tree.ts';
import { deep, deepAll, painted, stage } from './stage.ts';
import { serve } from './wire.ts';

type Named = { readonly name: string };
/** The element's declaration in the manifest of the package. */
type Declared = {
  readonly tagName: string;
  readonly attributes: readonly (Named & { readonly fieldName: string })[];
  readonly members: readonly (Named & { readonly kind: 'field' | 'method'; readonly description: string })[];
  readonly events: readonly Named[];
  readonly slots: readonly Named[];
  readonly cssParts: readonly Named[];
  readonly cssProperties: readonly Named[];
};

const API = 'https://accounts.example';
const stops: (() => void)[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
  document.adoptedStyleSheets = [];
  for (const stop of stops.splice(0).reverse()) stop();
});

async function declared(): Promise<Declared> {
  const file = new URL('../packed/package/custom-elements.json', import.meta.url);
  return (await (await fetch(file)).json()).modules[0].declarations[0];
}

const namesOf = (list: readonly Named[]): string[] => list.map(({ name }) => name).toSorted();

/** Parts that a page can style: those of a shadow root, and what elements in it pass on. */
function partsIn(root: ShadowRoot): Set<string> {
  const parts = new Set([...root.querySelectorAll('[part]')].flatMap(({ part }) => [...part]));
  for (const host of root.querySelectorAll('[exportparts]')) {
    const inner = host.shadowRoot ? partsIn(host.shadowRoot) : new Set<string>();
    for (const passed of host.getAttribute('exportparts')?.split(',') ?? []) {
      const [name = '', as = name] = passed.split(':').map((text) => text.trim());
      if (inner.has(name)) parts.add(as);
    }
  }
  return parts;
}

/** Names of the events of ours that reach the page, from now on. */
function listen(): Set<string> {
  const heard = new Set<string>();
  const known = new Set<string>();
  const { dispatchEvent } = EventTarget.prototype;
  vi.spyOn(EventTarget.prototype, 'dispatchEvent').mockImplementation(function (this: EventTarget, event) {
    const { type } = event;
    if (type.startsWith('sam-') && !known.has(type)) {
      known.add(type);
      document.addEventListener(type, () => heard.add(type));
    }
    return dispatchEvent.call(this, event);
  });
  return heard;
}

function put(source: ReturnType<typeof mockTree>, prepare: (manager: SubaccountManager) => void, protocol = 1) {
  const wire = serve(API, source, { protocol });
  stops.push(wire.stop);
  const manager = new SubaccountManager();
  Object.assign(manager, { api: API, account: source.root.row.id });
  prepare(manager);
  stage({ width: 1200 }).append(manager);
  return { manager, wire, root: manager.shadowRoot! };
}

it('custom-elements.json says of attributes, properties and methods what the element has, both ways', async () => {
  const { tagName, attributes, members } = await declared();
  expect(customElements.get(tagName)).toBe(SubaccountManager);
  expect(namesOf(attributes)).toEqual(SubaccountManager.observedAttributes.toSorted());
  const properties = [...SubaccountManager.elementProperties].filter(([, { state }]) => !state);
  const fields = members.filter(({ kind }) => kind === 'field');
  expect(namesOf(fields)).toEqual(properties.map(([name]) => String(name)).toSorted());
  for (const { name, fieldName } of attributes) {
    const { attribute } = SubaccountManager.elementProperties.get(fieldName) ?? {};
    expect(typeof attribute === 'string' ? attribute : fieldName.toLowerCase(), fieldName).toBe(name);
  }
  for (const { name } of members.filter(({ kind }) => kind === 'method'))
    expect(Reflect.get(SubaccountManager.prototype, name), name).toBeInstanceOf(Function);
});

it('custom-elements.json says of events, slots and parts what the element shows in use, both ways', async () => {
  const { events, slots, cssParts } = await declared();
  const heard = listen();
  const seen = { slots: new Set<string>(), parts: new Set<string>() };
  const look = (root: ShadowRoot): void => {
    for (const { name } of root.querySelectorAll('slot')) seen.slots.add(name);
    for (const part of partsIn(root)) seen.parts.add(part);
  };

  const source = mockTree();
  const { manager, root, wire } = put(source, (one) => {
    one.getToken = null;
  });
  await painted();
  look(root);
  manager.getToken = async () => 'tt_embed_1';
  const rows = (): HTMLElement[] => deepAll(root, '.window .row[data-kind="account"]');
  await vi.waitFor(() => expect(rows().length).toBeGreaterThan(3));
  look(root);
  // A slot is there once the page puts something into it.
  for (const slot of ['header', 'empty', 'footer'])
    manager.append(Object.assign(document.createElement('p'), { slot }));
  await painted();
  look(root);

  for (const type of ['sam-open', 'sam-switch'] as const)
    manager.addEventListener(type, (event) => event.preventDefault());
  rows()[0]?.focus();
  await userEvent.keyboard('{Enter}');
  await vi.waitFor(() => expect(heard).toContain('sam-open'));
  deepAll(root, '.switch button')[0]?.click();
  await vi.waitFor(() => expect(heard).toContain('sam-switch'));
  deepAll(root, '.actions button')[0]?.click();
  await vi.waitFor(() => expect(deepAll(root, '[role="menuitem"]').length).toBeGreaterThan(0));
  look(root);
  await userEvent.keyboard('{Escape}');
  deep(root, '.views').click();
  const compact = await vi.waitFor(() => {
    const found = deepAll(root, '[role^="menuitem"]').find(({ innerText }) => innerText.includes('Compact'));
    if (!found) throw new Error('no such entry');
    return found;
  });
  compact.click();
  await vi.waitFor(() => expect(heard).toContain('sam-density'));
  deepAll(root, '.head .cell button')[0]?.click();
  await vi.waitFor(() => expect(heard).toContain('sam-view'));
  deep(root, '.create').click();
  await vi.waitFor(() => deep(root, 'dialog[open] input'));
  look(root);
  await userEvent.keyboard('Borealis Lakes{Enter}');
  await vi.waitFor(() => expect(heard).toContain('sam-change'));
  await manager.open(source.idOf('Acme Group'));
  await vi.waitFor(() => expect(partsIn(root)).toContain('tab'));
  look(root);
  wire.refuse('UNAUTHORIZED');
  manager.refresh();
  await vi.waitFor(() => expect(heard).toContain('sam-session-expired'));

  const empty = mockTree();
  const other = put(empty, (one) => {
    one.account = empty.idOf('Évora Turismo');
    one.getToken = async () => 'tt_embed_2';
  });
  await vi.waitFor(() => expect(partsIn(other.root)).toContain('state'));
  look(other.root);
  put(empty, (one) => void (one.getToken = async () => 'tt_embed_3'), 2);
  await vi.waitFor(() => expect(heard).toContain('sam-error'));

  expect([...heard].toSorted()).toEqual(namesOf(events));
  expect([...seen.slots].toSorted()).toEqual(namesOf(slots));
  expect([...seen.parts].toSorted()).toEqual(namesOf(cssParts));
});

it('custom-elements.json lists the custom properties that docs/resellers.md explains', async () => {
  const { cssProperties } = await declared();
  expect(cssProperties.length).toBeGreaterThan(40);
  const page = await (await fetch(new URL('../../../docs/resellers.md', import.meta.url))).text();
  for (const { name } of cssProperties) expect(page).toContain(`\`${name}\``);
});
