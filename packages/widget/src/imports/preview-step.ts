import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN } from '../icons/icons.ts';
import { across } from './import-draft.ts';
import { type Around, kindWords, namesIn, placesWords, placeWords, sidesOf, valueWords } from './import-words.ts';
import type { CopyChange, ImportPlan, PlannedItem, PlannedTarget } from './imports-source.ts';
import {
  actBadge,
  blockedCard,
  cardTitle,
  listCard,
  notCopiedRow,
  type Resolving,
  refusals,
  secretRows,
} from './resolve-step.ts';

/** What is opened of the preview, and how that is turned. */
export type Previewing = Pick<Resolving, 'add' | 'isOpen' | 'turn'> & {
  readonly limitWords: (kind: string) => string;
  readonly permissionWords: (key: string) => string;
};

type Names = ReadonlyMap<string, string>;

/** What happens in each account, what isn't copied, and what limits leave room for. */
export function previewStep(plan: ImportPlan, around: Around, acts: Previewing): TemplateResult {
  const { texts, level, kinds } = around;
  const { say } = texts;
  const names = namesIn(plan);
  const left = across(plan, ({ notCopied }) => notCopied);
  const secrets = secretRows(plan, kinds, html`<br /><span class="quiet">${say('importSecretsNotText')}</span>`);
  const count = html`<span class="badge">${texts.numbers.whole(left.length + secrets.length)}</span>`;
  return html`<div class="two"><div class="column">${refusals(plan)}${plan.targets.map((target) => shownTarget(target, around, acts, names, plan.targets.length > 1))}</div>
    <div class="column">
      ${listCard(say('importNotCopied'), level, [...left.map(({ row }) => notCopiedRow(row, around, names, acts.add)), ...secrets], { aside: count })}
      ${blockedCard(plan, around)}
      ${plan.limits.length === 0 ? nothing : html`<div class="card" part="card">${cardTitle(say('importLimits'), level)}<dl class="in">${plan.limits.map(({ kind, account, before, after, max }) => html`<dt>${acts.limitWords(kind)}, <bdi>${account?.name ?? say('importLimitAbove')}</bdi></dt><dd class=${after > max ? 'error' : ''}>${say('importLimit', { before, after, max })}</dd>`)}</dl></div>`}${runningCard(plan, around)}</div></div>`;
}

/** What goes on where something becomes different or leaves. */
function runningCard({ running }: ImportPlan, { texts, level }: Around): TemplateResult | typeof nothing {
  const { say } = texts;
  const row = ({ account, calls, campaigns, sample }: ImportPlan['running'][number]): TemplateResult => {
    const names = sample.map(({ name }) => name).join(', ');
    const more = campaigns > sample.length ? ' …' : '';
    return html`<li class="item"><span><bdi class="strong">${account.name}</bdi>${calls > 0 ? html`<br />${say('importCalls', { n: calls })}` : nothing}${campaigns > 0 ? html`<br />${say('importCampaigns', { n: campaigns })} <bdi class="quiet">${names}${more}</bdi>` : nothing}</span></li>`;
  };
  return listCard(say('importGoesOn'), level, running.map(row));
}

/** How many things are done by each act. */
function summary(items: readonly PlannedItem[], { texts }: Around): string {
  const by = Map.groupBy(items, ({ act }) => act);
  return [...by].map(([act, all]) => `${texts.numbers.whole(all.length)} ${texts.say(`importAct_${act}`)}`).join(' · ');
}

function shownTarget(
  target: PlannedTarget,
  around: Around,
  acts: Previewing,
  names: Names,
  isOneOfSeveral: boolean,
): TemplateResult | typeof nothing {
  const { account, items } = target;
  const { texts, level } = around;
  if (items.length === 0) return nothing;
  const rows = (): TemplateResult =>
    html`<ul class="rows">${items.map((item) => shownItem(target, item, around, acts, names))}</ul>`;
  const said = html`<span class="quiet">${summary(items, around)}</span>`;
  if (!isOneOfSeveral)
    return html`<div class="card" part="card">${cardTitle(texts.say('importWhat', { name: account.name }), level, said)}${rows()}</div>`;
  const isOpen = acts.isOpen(account.id);
  const turn = ({ target: at }: Event): void => acts.turn(account.id, (at as HTMLDetailsElement).open);
  return html`<details class="card" part="card" .open=${isOpen} @toggle=${turn}><summary class="title">${icon(CHEVRON_DOWN)}<bdi>${account.name}</bdi>${said}</summary>${isOpen ? rows() : nothing}</details>`;
}

/** What is to be known of an item beside what becomes of it. */
function notesOf(item: PlannedItem, { texts: { say }, from, kinds }: Around, acts: Previewing): readonly string[] {
  const { act, hidden, updateAvailable, fits, fault, needsValue, changes, kind } = item;
  return [
    ...(fault ? [say('importFault', { message: fault.message })] : []),
    ...(fits ? [] : [say('importTooMany')]),
    ...(act === 'move' ? [say('importLeaves', { name: from.name })] : []),
    ...(changes.length > 0 ? [say('importDifferences', { n: changes.length })] : []),
    ...(updateAvailable ? [say('importOlder', updateAvailable)] : []),
    ...(hidden ? [say('importHidden', { permission: acts.permissionWords(hidden) })] : []),
    ...(needsValue.length > 0 ? [say('waitsFor', { what: placesWords(kinds, kind, needsValue) })] : []),
  ];
}

function shownItem(
  { account }: PlannedTarget,
  item: PlannedItem,
  around: Around,
  acts: Previewing,
  names: Names,
): TemplateResult {
  const { kinds } = around;
  const notes = notesOf(item, around, acts);
  const isBad = item.fault !== null || !item.fits;
  const line = html`<span><bdi class="strong">${item.name}</bdi> <span class="quiet">${kindWords(kinds, item.kind)}</span></span>${actBadge(item.act, around)}<span class="why ${isBad ? 'error' : 'quiet'}">${notes.join(' · ')}</span>`;
  if (item.changes.length === 0) return html`<li class="item">${line}</li>`;
  const key = `${account.id} ${item.product}`;
  const isOpen = acts.isOpen(key);
  const turn = (event: Event): void => {
    event.stopPropagation();
    acts.turn(key, (event.target as HTMLDetailsElement).open);
  };
  return html`<li><details .open=${isOpen} @toggle=${turn}><summary class="item">${line}${icon(CHEVRON_DOWN)}</summary>${isOpen ? html`<div class="details">${item.changes.map((change) => shownChange(item, change, around, names))}</div>` : nothing}</details></li>`;
}

function shownChange(item: PlannedItem, change: CopyChange, { texts, kinds }: Around, names: Names): TemplateResult {
  const [here, there] = sidesOf(change);
  const isTaken = change.how === 'updated' || change.how === 'both_same';
  const words = (value: CopyChange['base']): string => valueWords(value, texts, names);
  return html`<div class="diff"><span class="strong">${placeWords(kinds, item.kind, change.at)}</span><span>${isTaken ? html`<del><bdi>${words(here)}</bdi></del>` : html`<bdi>${texts.say('here', { what: words(here) })}</bdi>`}</span><span>${isTaken ? html`<ins><bdi>${words(there)}</bdi></ins>` : html`<bdi>${texts.say('atSource', { what: words(there) })}</bdi>`}</span><span class="quiet">${texts.say(`importHow_${change.how}`)}</span></div>`;
}
