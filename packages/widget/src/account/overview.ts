import type { Limit } from '@tenantree/contract';
import { isNearLimit, SUSPENSION_LABELS, type SuspensionKind } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import type { ActivitySource, Visit } from '../activity/activity-source.ts';
import type { AccountDetail } from '../data/account-source.ts';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/icons.ts';
import type { MenuItem } from '../parts/sam-menu.ts';
import type { Texts } from '../strings/texts.ts';

const MINUTE_MS = 60_000;

/** Minutes of the account alone, and with everything below it, as decimal text. */
export type Minutes = { readonly own: string; readonly total: string };

/** What the overview shows beside the account, and what can be done from it. */
export type OverviewParts = {
  /** The chart of its minutes; `nothing` where one may not see them. */
  readonly days: TemplateResult | typeof nothing;
  /** Where the latest activity comes from; null where one may not see it. */
  readonly activity: ActivitySource | null;
  readonly showActivity: () => void;
  /** Who came in from above lately; none where one may not see it. */
  readonly visits: readonly Visit[];
  /** What can be done with the account. */
  readonly entries: readonly MenuItem[];
  /** Level of the titles inside it. */
  readonly titles: 'h2' | 'h3';
  readonly copied: 'idle' | 'copied' | 'selected';
  readonly copyId: (event: Event) => void;
  readonly perform: (id: string) => void;
  /** What it has or uses of each kind that is limited; none where one may not see it. */
  readonly limits: readonly Limit[];
  /** Turns to a tab; null where there is none for who looks. */
  readonly turnTo: (tab: 'members' | 'permissions' | 'limits' | 'billing') => (() => void) | null;
};

/** The words of a kind of suspension, in the catalogue's language. */
const kindWords = (kind: SuspensionKind, { say }: Texts): string =>
  say(({ no_new_work: 'noNewWork', read_only: 'readOnly', full_stop: 'fullStop' } as const)[kind]) ||
  SUSPENSION_LABELS[kind];

/** Why less than usual can be done in an account, in a few words; empty when nothing is in the way. */
export function restrictionWords({ id, status, effective: { kind, by } }: AccountDetail, texts: Texts): string {
  const { say } = texts;
  if (status === 'closed') return say('closed');
  if (kind === null) return '';
  const words = kindWords(kind, texts);
  if (by?.id === id) return say('restrictedOwn', { kind: words });
  return by ? say('restrictedAbove', { name: by.name, kind: words }) : say('restrictedAboveUnnamed', { kind: words });
}

/** The overview of an account: figures, what needs somebody, what it is, and what was done in it. Nothing empty is shown. */
export function overview(
  account: AccountDetail,
  minutes: Minutes | null,
  texts: Texts,
  parts: OverviewParts,
): TemplateResult {
  const { say } = texts;
  const needs = attention(account, texts, parts);
  const title = (words: string): TemplateResult =>
    parts.titles === 'h2' ? html`<h2>${words}</h2>` : html`<h3>${words}</h3>`;
  const aside = needs.length > 0 || parts.activity !== null;
  return html`<div class="content ${aside ? 'two' : ''}">
    <div class="column">
      <div class="card"><dl class="tiles">${tiles(account, minutes, texts)}</dl></div>
      ${parts.days}
      <section class="card"><div class="section">${title(say('aboutTitle'))}</div><dl class="facts">${facts(account, texts, parts)}</dl></section>
      ${parts.visits.length === 0 ? nothing : html`<section class="card"><div class="section">${title(say('visitsTitle'))}</div><ul class="in">${parts.visits.map((one) => visit(one, texts))}</ul></section>`}
    </div>
    ${
      aside
        ? html`<div class="column">
      ${needs.length > 0 ? html`<section class="card"><div class="section">${title(say('attentionTitle'))}</div><ul class="in">${needs}</ul></section>` : nothing}
      ${parts.activity ? html`<section class="card"><div class="section">${title(say('tab_activity'))}<button class="link" type="button" @click=${parts.showActivity}>${say('activityAll')}</button></div><sam-activity show="latest" .source=${parts.activity} .account=${account} .texts=${texts}></sam-activity></section>` : nothing}
    </div>`
        : nothing
    }
  </div>`;
}

function tiles(account: AccountDetail, minutes: Minutes | null, { say, numbers }: Texts): readonly TemplateResult[] {
  const tile = (label: string, value: string, note: string, live: boolean): TemplateResult =>
    html`<div><dt>${live ? html`<span class="dot"></span>` : nothing}${label}</dt><dd><strong>${value}</strong><small><bdi>${note}</bdi></small></dd></div>`;
  const counted = (label: string, { own, total }: { readonly own: number; readonly total: number }): TemplateResult =>
    tile(label, numbers.whole(total), say('tileOwn', { n: own }), false);
  return [
    minutes
      ? tile(
          say('tileMinutes'),
          numbers.minutes(minutes.total),
          say('tileOwn', { n: numbers.minutes(minutes.own) }),
          true,
        )
      : tile(say('tileMinutes'), '–', account.levels['billing.usage'] === 'none' ? say('tileHidden') : '', false),
    counted(say('columnMembers'), account.members),
    counted(say('columnAgents'), account.agents),
    tile(say('tileSubaccounts'), numbers.whole(account.subaccounts), say('tileBelow', { n: account.children }), false),
  ];
}

/** Who came in, when, and for how long; what they did while there is in the activity. */
function visit({ actor, from, enteredAt, end, acts }: Visit, { say, numbers }: Texts): TemplateResult {
  const date = numbers.dateTime(enteredAt);
  const minutes = end ? Math.max(1, Math.round((Date.parse(end.at) - Date.parse(enteredAt)) / MINUTE_MS)) : 0;
  const time = minutes < 60 ? say('visitMinutes', { n: minutes }) : say('visitHours', { n: Math.round(minutes / 60) });
  const when = end ? say('visitStayed', { date, time }) : say('visitHere', { date });
  const words = [from?.name ?? '', when, acts > 0 ? say('changes', { n: acts }) : ''].filter(Boolean).join(' · ');
  return html`<li><span><bdi>${actor.name}</bdi> <small><bdi>${words}</bdi></small></span></li>`;
}

/** What waits for somebody, each with the act that settles it where one may do that. */
function attention(account: AccountDetail, texts: Texts, parts: OverviewParts): readonly TemplateResult[] {
  const { say, numbers } = texts;
  const { status, suspension, keptDays, members, transferUntil } = account;
  const line = (words: string, label: string, act: (() => void) | null): TemplateResult =>
    html`<li>${icon(ALERT)}<span><bdi>${words}</bdi></span>${act ? html`<button class="link" type="button" @click=${act}>${label}</button>` : nothing}</li>`;
  const doing = (id: string): { readonly label: string; readonly act: (() => void) | null } => {
    const entry = parts.entries.find((one) => one.id === id);
    return { label: entry?.label ?? '', act: entry ? () => parts.perform(id) : null };
  };
  const lines: TemplateResult[] = [];
  if (status === 'closed') {
    const { label, act } = doing('reopen');
    lines.push(line(say('attentionClosed', { n: keptDays }), label, act));
  } else if (status === 'suspended' && suspension) {
    const { label, act } = doing('reactivate');
    lines.push(line(say('attentionSuspended', { kind: kindWords(suspension.kind, texts) }), label, act));
  }
  if (status === 'closed') return lines;
  const showMembers = parts.turnTo('members');
  if (members.own === 0 && showMembers) lines.push(line(say('attentionNobody'), say('attentionInvite'), showMembers));
  if (transferUntil)
    lines.push(
      line(
        say('attentionTransfer', { date: numbers.dateTime(transferUntil) }),
        say('tab_billing'),
        parts.turnTo('billing'),
      ),
    );
  const unreviewed = account.caps?.unreviewed ?? 0;
  const review = parts.turnTo('permissions');
  if (unreviewed > 0 && review)
    lines.push(line(say('attentionUnreviewed', { n: unreviewed }), say('tab_permissions'), review));
  for (const limit of parts.limits) {
    const words = limitWords(limit, texts);
    if (words) lines.push(line(words, say('tab_limits'), parts.turnTo('limits')));
  }
  return lines;
}

/** That a limit is near, reached or exceeded, or that an account above lets nothing more through; empty where none of it is so. */
function limitWords({ kind, label, max, used, free }: Limit, { say, numbers }: Texts): string {
  if (used === null || (max === 0 && Number(used) === 0)) return '';
  const isStopped = free !== null && Number(free) <= 0;
  const name = say(`limit_${kind}`) || label;
  const amount = kind === 'minutes' ? numbers.minutes(used) : numbers.whole(Number(used));
  if (max === null) return isStopped ? say('attentionStopped', { name }) : '';
  if (!(isStopped || isNearLimit(used, String(max)))) return '';
  return say(isStopped ? 'attentionFull' : 'attentionNear', { name, used: amount, max: numbers.whole(max) });
}

function facts(account: AccountDetail, texts: Texts, parts: OverviewParts): readonly TemplateResult[] {
  const { say, numbers } = texts;
  const { suspension, status, billingMode, payer, depth, externalId, id } = account;
  const fact = (name: string, value: unknown): TemplateResult => html`<dt>${name}</dt><dd>${value}</dd>`;
  const isPaid = billingMode === 'parent';
  const plan = isPaid && payer ? say('planPaidBy', { name: payer.name }) : say(isPaid ? 'planParent' : 'planDirect');
  const level = depth === 0 ? say('levelMain') : depth === null ? say('levelHidden') : numbers.whole(depth);
  const found: (TemplateResult | null)[] = [
    fact(say('columnStatus'), statusWords(account, texts)),
    suspension && status !== 'closed' ? fact(say('factSuspension'), suspensionWords(suspension, texts)) : null,
    suspension?.reason != null && status !== 'closed'
      ? fact(say('reason'), html`<span dir="auto">${suspension.reason}</span>`)
      : null,
    fact(say('columnPlan'), html`<span dir="auto">${plan}</span>`),
    fact(say('factProtection'), say(account.protected ? 'protectedYes' : 'protectedNo')),
    fact(say('factLevel'), level),
    fact(say('factCreated'), html`<time datetime=${account.createdAt}>${numbers.dateTime(account.createdAt)}</time>`),
    externalId === null ? null : fact(say('factExternalId'), html`<code><bdi>${externalId}</bdi></code>`),
    fact(say('factId'), copyable(id, texts, parts)),
  ];
  return found.filter((one) => one !== null);
}

const COPY = {
  idle: ['copy', 'copyId'],
  copied: ['copied', 'copiedId'],
  selected: ['copySelected', 'selectedId'],
} as const;

function copyable(id: string, { say }: Texts, { copied, copyId }: OverviewParts): TemplateResult {
  const [label, name] = COPY[copied];
  return html`<code><bdi>${id}</bdi></code><button class="link" type="button" aria-label=${say(name)} @click=${copyId}>${say(label)}</button>`;
}

/** What an account is now, or is about to be. */
function statusWords(account: AccountDetail, texts: Texts): string {
  const { say, numbers } = texts;
  const { status, suspension } = account;
  const words = restrictionWords(account, texts) || say(status);
  const planned = status === 'active' ? suspension?.from : null;
  return planned ? say('factStatusPlanned', { status: words, date: numbers.dateTime(planned) }) : words;
}

/** What a suspension means, from when until when. */
function suspensionWords({ kind, from, until }: NonNullable<AccountDetail['suspension']>, texts: Texts): string {
  const { say, numbers } = texts;
  const words = kindWords(kind, texts);
  const what = from === null ? words : say('suspensionFrom', { kind: words, date: numbers.dateTime(from) });
  return until === null
    ? say('suspensionOpen', { what })
    : say('suspensionUntil', { what, date: numbers.dateTime(until) });
}
