import type { AccountId, RowId } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { CHEVRON_DOWN, MOVES } from '../icons/icons.ts';
import { errorLine } from '../parts/error-line.ts';
import { selectField } from '../parts/select-field.ts';
import { across, answersIn, answerTo, type Clash, type Draft, exceptionIn, openOf, secretsIn } from './import-draft.ts';
import { type Around, kindOf, kindWords, namesIn, placeWords } from './import-words.ts';
import type { ClashAnswer, ImportPlan, KindKey, PlannedItem, PlannedTarget } from './imports-source.ts';

const ANSWERS: readonly ClashAnswer[] = ['keep_both', 'replace', 'use_existing', 'skip'];
/** Answers for all of a kind are offered from so many questions on. */
const SEVERAL = 2;

/** What can be done where an import is resolved. */
export type Resolving = {
  readonly answer: (about: RowId | KindKey, as: ClashAnswer) => void;
  /** Says otherwise for one account; empty: as for all. */
  readonly except: (product: RowId, account: AccountId, as: ClashAnswer | '') => void;
  readonly isOpen: (key: string) => boolean;
  readonly turn: (key: string, open: boolean) => void;
  /** Gives a secret for a place of a product; empty: none. */
  readonly give: (product: RowId, at: string, value: string) => void;
  /** Chooses something more. */
  readonly add: (row: PlannedTarget['notCopied'][number]) => void;
};

/** The title of a card, with what stands behind it. */
export const cardTitle = (words: string, level: number, aside: unknown = nothing): TemplateResult =>
  html`<div class="title"><span role="heading" aria-level=${level}>${words}</span>${aside}</div>`;

/** A card with a list; none, where nothing stands in it. */
export const listCard = (
  words: string,
  level: number,
  rows: readonly unknown[],
  { aside = nothing, lead = nothing }: { readonly aside?: unknown; readonly lead?: unknown } = {},
): TemplateResult | typeof nothing =>
  rows.length === 0
    ? nothing
    : html`<div class="card" part="card">${cardTitle(words, level, aside)}${lead}<ul class="rows">${rows}</ul></div>`;

/** Fields for the secrets that something waits for. */
const secretFields = (
  draft: Draft,
  plan: ImportPlan,
  kinds: Around['kinds'],
  give: Resolving['give'],
): readonly TemplateResult[] =>
  secretsIn(draft, plan).map(({ item: { product, name, kind }, at, value }) => {
    const type = ({ target }: Event): void => give(product, at, (target as HTMLInputElement).value);
    return html`<li class="item"><label class="row"><span><bdi>${name}</bdi> <span class="quiet">${placeWords(kinds, kind, at)}</span></span><span class="field"><input type="password" autocomplete="new-password" maxlength="4000" .value=${value} @input=${type} /></span></label></li>`;
  });

/** What is done with a product: its word, in the colour of how much that changes; what moves has an icon, too. */
export function actBadge(act: PlannedItem['act'], { texts: { say } }: Around): TemplateResult {
  const tones = { new: 'ok', update: 'info', merge: 'info', replace: 'warn', move: 'warn', clash: 'warn' } as const;
  const tone = act === 'use_existing' ? '' : tones[act];
  return html`<span class="badge ${tone}">${act === 'move' ? icon(MOVES, 14) : nothing}${say(`importAct_${act}`)}</span>`;
}

/** In how many accounts something is so, where there are several. */
export const inAccounts = (accounts: number, { targets, texts }: Around): TemplateResult | typeof nothing =>
  targets.length < SEVERAL || accounts === targets.length
    ? nothing
    : html`<span class="quiet">${texts.say('importInAccounts', { n: accounts, all: targets.length })}</span>`;

/** What joins and why, what has the name of something else, and what is missing. */
export function resolveStep(draft: Draft, plan: ImportPlan, around: Around, acts: Resolving): TemplateResult {
  const { texts, level, kinds } = around;
  const { say } = texts;
  const names = namesIn(plan);
  const row = (item: PlannedItem, accounts: number): TemplateResult => {
    const why = item.because
      ? say('importNeededBy', { name: names.get(item.because) ?? '' })
      : kindWords(kinds, item.kind);
    return html`<li class="item"><span><bdi>${item.name}</bdi> <span class="quiet">v${item.version}</span></span><span class="why quiet">${why}${item.act === 'move' ? html` · ${say('importLeaves', { name: around.from.name })}` : nothing}</span>${actOf(draft, item, around)}${inAccounts(accounts, around)}</li>`;
  };
  const rows = (title: string, holds: (item: PlannedItem) => boolean): TemplateResult | typeof nothing => {
    const found = across(
      plan,
      ({ items }) => items.filter(holds),
      ({ product, act }) => `${product} ${act}`,
    );
    return listCard(
      title,
      level,
      found.map((one) => row(one.row, one.accounts)),
    );
  };
  return html`<div class="two"><div class="column">
      ${refusals(plan)}${clashCard(draft, around, acts)}
      ${rows(say('importChosenTitle'), ({ because }) => because === null)}${rows(say('importAlong'), ({ because }) => because !== null)}</div>
    <div class="column">
      ${listCard(say('importSecrets'), level, secretFields(draft, plan, kinds, acts.give), { lead: html`<p class="in quiet">${say('importSecretsText')}${around.targets.length < SEVERAL ? nothing : ` ${say('importSecretsMany')}`}</p>` })}
      ${optionalCard(plan, around, acts, names)}${blockedCard(plan, around)}</div></div>`;
}

/** Why nothing can be done in some of the accounts. */
export const refusals = ({ targets }: ImportPlan): unknown =>
  targets.map(({ account, refusal }) => (refusal ? errorLine(`${account.name}: ${refusal.message}`) : nothing));

/** What becomes of a product by what was answered; the plan that says so is made next. */
function actOf(draft: Draft, item: PlannedItem, around: Around): TemplateResult {
  const { say } = around.texts;
  const clash = item.act === 'clash' ? draft.clashes.get(item.product) : undefined;
  const said = clash ? [...answersIn(draft, clash)] : [];
  return said[0] && !said.includes(undefined)
    ? html`<span class="badge">${said.map((as) => say(as ? `importAnswer_${as}` : 'importAct_clash')).join(', ')}</span>`
    : actBadge(item.act, around);
}

function clashCard(draft: Draft, around: Around, acts: Resolving): TemplateResult | typeof nothing {
  const { texts, level, kinds, targets } = around;
  const { say } = texts;
  const all = [...draft.clashes.values()];
  const open = openOf(draft).length;
  const [first] = targets;
  const title = targets.length === 1 ? say('importClashes', { name: first?.name ?? '' }) : say('importClashesMany');
  const byKind = [...Map.groupBy(all, ({ item }) => item.kind)];
  const segments = (label: string, about: RowId | KindKey, chosen: ClashAnswer | undefined): TemplateResult =>
    html`<fieldset class="segments" aria-label=${label}>${ANSWERS.map((as) => html`<label><input type="radio" name=${`answer-${about}`} .checked=${chosen === as} @change=${() => acts.answer(about, as)} />${say(`importAnswer_${as}`)}</label>`)}</fieldset>`;
  const question = (clash: Clash): TemplateResult => {
    const { item, accounts } = clash;
    const kind = kindWords(kinds, item.kind);
    const chosen = answerTo(draft, item);
    const words =
      accounts.length === 1
        ? say('importClash', { kind, name: accounts[0]?.name ?? '' })
        : say('importClashIn', { kind, n: accounts.length });
    return html`<li class="item"><span><bdi class="strong">${item.name}</bdi><br /><span class="quiet">${words}</span>${answersIn(draft, clash).has(undefined) ? errorLine(say('importChoose')) : nothing}</span>${segments(item.name, item.product, chosen)}${accounts.length < SEVERAL ? nothing : byAccount(draft, clash, around, acts)}</li>`;
  };
  const ofKind = ([key, clashes]: (typeof byKind)[number]): TemplateResult | typeof nothing => {
    const label = say('importAll', { kinds: kindOf(kinds, key)?.plural ?? key });
    return clashes.length < SEVERAL
      ? nothing
      : html`<li class="item"><span class="quiet">${label}</span>${segments(label, key, draft.answers.get(key))}</li>`;
  };
  const aside = html`<span class="badge ${open > 0 ? 'warn' : 'ok'}">${say('importAnswered', { n: all.length - open, all: all.length })}</span>`;
  return listCard(
    title,
    level,
    byKind.map((one) => html`${ofKind(one)}${one[1].map(question)}`),
    { aside },
  );
}

/** What is answered otherwise in one of several accounts. */
function byAccount(draft: Draft, { item, accounts }: Clash, { texts }: Around, acts: Resolving): TemplateResult {
  const { say } = texts;
  const others = accounts.filter(({ id }) => exceptionIn(draft, item, id)).length;
  const isOpen = acts.isOpen(item.product);
  const turn = ({ target }: Event): void => acts.turn(item.product, (target as HTMLDetailsElement).open);
  const options = [
    { value: '' as const, label: say('importAsForAll') },
    ...ANSWERS.map((value) => ({ value, label: say(`importAnswer_${value}`) })),
  ];
  const row = ({ id, name }: Clash['accounts'][number]): TemplateResult =>
    html`<li class="item"><bdi class="why">${name}</bdi>${selectField<ClashAnswer | ''>({ label: `${name}: ${item.name}`, options, chosen: exceptionIn(draft, item, id) ?? '', choose: (as) => acts.except(item.product, id, as) })}</li>`;
  return html`<details .open=${isOpen} @toggle=${turn}><summary>${icon(CHEVRON_DOWN)}${say('importByAccount')}${others > 0 ? ` (${others})` : ''}</summary>${isOpen ? html`<ul class="rows">${accounts.map(row)}</ul>` : nothing}</details>`;
}

const isOptional = ({ why }: PlannedTarget['notCopied'][number]): boolean =>
  why === 'not_chosen' || why === 'moves_when_chosen';

function optionalCard(
  plan: ImportPlan,
  around: Around,
  { add }: Resolving,
  names: ReadonlyMap<string, string>,
): TemplateResult | typeof nothing {
  const { texts, level } = around;
  const found = across(plan, ({ notCopied }) => notCopied.filter(isOptional));
  return listCard(
    texts.say('importOptional'),
    level,
    found.map(({ row }) => notCopiedRow(row, around, names, add)),
  );
}

/** Something that isn't copied, with the reason; what could be is added with one click. */
export function notCopiedRow(
  row: PlannedTarget['notCopied'][number],
  { texts: { say } }: Around,
  names: ReadonlyMap<string, string>,
  add: Resolving['add'],
): TemplateResult {
  const name = row.name ?? say('importUnnamed');
  const button = html`<button class="link" type="button" aria-label="${say('importAdd')}: ${name}" @click=${() => add(row)}>${say('importAdd')}</button>`;
  return html`<li class="item"><span>${row.why === 'moves_when_chosen' ? html`<span class="moves">${icon(MOVES, 14)}<bdi>${name}</bdi></span>` : html`<bdi>${name}</bdi>`}<br /><span class="quiet">${say(`importNotCopied_${row.why}`, { by: names.get(row.by) ?? '' })}</span></span>${isOptional(row) && row.name !== null ? button : nothing}</li>`;
}

export function blockedCard(plan: ImportPlan, around: Around): TemplateResult | typeof nothing {
  const { texts, level } = around;
  const { say } = texts;
  const rows = across(plan, ({ blocked }) => blocked).map(
    ({ row: { name, kind, why }, accounts }) =>
      html`<li class="item"><span><bdi>${name ?? say('importUnnamed')}</bdi> <span class="quiet">${kindWords(around.kinds, kind)}</span><br /><span class="quiet">${say(`importBlocked_${why}`)}</span></span>${inAccounts(accounts, around)}</li>`,
  );
  return listCard(say('importBlocked'), level, rows);
}
