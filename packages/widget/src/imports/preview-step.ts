import type { AccountId, RowId } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN } from '../icons/icons.ts';
import { across, type Draft, secretsIn } from './import-draft.ts';
import { type Around, kindWords, namesIn, placesWords, placeWords, sidesOf, valueWords } from './import-words.ts';
import type { CopyChange, ImportPlan, PlannedItem, PlannedTarget } from './imports-source.ts';
import { actBadge, blockedCard, cardTitle, listCard, notCopiedRow, type Resolving, refusals } from './resolve-step.ts';

/** What is opened of the preview, and how that is turned. */
export type Previewing = Pick<Resolving, 'add' | 'isOpen' | 'turn'> & {
  readonly limitWords: (kind: string) => string;
  readonly permissionWords: (key: string) => string;
  /** Lets the source's stand at a place of a copy, or what is there; null: nobody may. */
  readonly take: ((product: RowId, account: AccountId, at: string) => void) | null;
};

/** The same, with what was given for what comes. */
type Shown = Previewing & { readonly draft: Draft };

type Names = ReadonlyMap<string, string>;

/** What happens in each account, what isn't copied, and what limits leave room for. */
export function previewStep(draft: Draft, plan: ImportPlan, around: Around, acts: Previewing): TemplateResult {
  const { texts, level, kinds } = around;
  const { say } = texts;
  const names = namesIn(plan);
  const left = across(plan, ({ notCopied }) => notCopied);
  const secrets = secretsIn(draft, plan).map(
    ({ item: { name, kind }, at, value }) =>
      html`<li class="item"><span><bdi>${name}</bdi> <span class="quiet">${placeWords(kinds, kind, at)}</span><br /><span class="quiet">${say(value ? 'importSecretGiven' : 'importSecretsNotText')}</span></span></li>`,
  );
  const count = html`<span class="badge">${texts.numbers.whole(left.length + secrets.length)}</span>`;
  return html`<div class="two"><div class="column">${refusals(plan)}${plan.targets.map((target) => shownTarget(target, around, { ...acts, draft }, names, plan.targets.length > 1))}</div>
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
  acts: Shown,
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
function notesOf(item: PlannedItem, { texts: { say }, from, kinds }: Around, acts: Shown): readonly string[] {
  const { act, hidden, updateAvailable, fits, fault, changes, kind, product } = item;
  const needsValue = item.needsValue.filter((at) => !acts.draft.secrets.get(`${product} ${at}`));
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
  acts: Shown,
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
  return html`<li><details .open=${isOpen} @toggle=${turn}><summary class="item">${line}${icon(CHEVRON_DOWN)}</summary>${isOpen ? html`<div class="details">${item.changes.map((change) => shownChange({ account, item, change }, around, names, acts))}</div>` : nothing}</details></li>`;
}

/** A place of something that is there. */
type ShownChange = {
  readonly account: PlannedTarget['account'];
  readonly item: PlannedItem;
  readonly change: CopyChange;
};

function shownChange(
  { account, item, change }: ShownChange,
  { texts, kinds }: Around,
  names: Names,
  { take }: Previewing,
): TemplateResult {
  const { say } = texts;
  const { at, how, taken } = change;
  const [here, there] = sidesOf(change);
  const stays = how === 'local' || how === 'conflict';
  const words = (value: CopyChange['base']): string => valueWords(value, texts, names);
  const title = placeWords(kinds, item.kind, at);
  const act = say(taken ? 'importKeep' : 'importTake');
  const button =
    stays && take
      ? html` <button class="link" type="button" aria-label="${act}: ${title}" @click=${() => take(item.product, account.id, at)}>${act}</button>`
      : nothing;
  return html`<div class="diff"><span class="strong">${title}</span><span>${taken || !stays ? html`<del><bdi>${words(here)}</bdi></del>` : html`<bdi>${say('here', { what: words(here) })}</bdi>`}</span><span>${taken || !stays ? html`<ins><bdi>${words(there)}</bdi></ins>` : html`<bdi>${say('atSource', { what: words(there) })}</bdi>`}</span><span class="quiet">${say(taken ? 'importTaken' : `importHow_${how}`)}${button}</span></div>`;
}
