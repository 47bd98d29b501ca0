import { AT_LIMIT, type AtLimit, LIMIT_KINDS, type LimitKindKey } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { ALERT } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import type { Limit, LimitsState } from './limits-source.ts';

/** Percent of a maximum from which a bar warns where no lower threshold tells. */
const NEAR = 80;

const COUNTED = { countable: 'limitCountable', metered: 'limitMetered', concurrent: 'limitConcurrent' } as const;

/** How a kind is counted. */
export const countsOf = (key: LimitKindKey): (typeof LIMIT_KINDS)[number]['counts'] =>
  LIMIT_KINDS.find((kind) => kind.key === key)?.counts ?? 'countable';

/** Writes so many of a kind: minutes with a digit after the point, what is whole without. */
export const amountOf = (kind: LimitKindKey, amount: string | number, { numbers }: Texts): string =>
  kind === 'minutes' && typeof amount === 'string' ? numbers.minutes(amount) : numbers.whole(Number(amount));

/** What may happen at a limit, in words. */
export const atLimitOptions = ({ say }: Texts): readonly { readonly value: AtLimit; readonly label: string }[] =>
  AT_LIMIT.map((value) => ({ value, label: say(value === 'block' ? 'limitBlock' : 'limitNotify') }));

/** What of a limit is set. */
export type Terms = Pick<Limit, 'max' | 'reserve' | 'nextReserve' | 'atLimit' | 'thresholds'>;

/** What is set beside a maximum, in words: what is promised, the same from next month on (empty: as now), what happens at it, and who is told. */
export function termsWords(
  kind: LimitKindKey,
  { reserve, nextReserve, atLimit, thresholds }: Terms,
  texts: Texts,
): readonly string[] {
  const { say } = texts;
  return [
    say('limitPromise', { n: amountOf(kind, reserve, texts) }),
    nextReserve === undefined ? '' : say('limitPromiseNext', { n: amountOf(kind, nextReserve, texts) }),
    say(atLimit === 'block' ? 'limitBlock' : 'limitNotify'),
    thresholds.length > 0 ? say('limitAlerts', { marks: thresholds.join(', ') }) : say('limitNoAlerts'),
  ];
}

/** What turns into what, in words, of a maximum and {@link termsWords}. */
export const turnsOf = (was: readonly string[], is: readonly string[], { say }: Texts): readonly string[] =>
  is.flatMap((words, k) =>
    words === was[k] ? [] : say('limitChangesTo', { before: was[k] || (was[1] ?? ''), after: words || (is[1] ?? '') }),
  );

/** What is drawn of a limit: how far the bar is filled, in percent of its end, and whether that is much. */
export type Bar = {
  readonly own: number;
  readonly below: number;
  readonly held: number;
  /** Where an account above lets no more through, as far as the bar goes; null: nobody does before its end. */
  readonly tick: number | null;
  /** Percent of its own maximum that is used; null without one. */
  readonly percent: number | null;
  readonly look: 'calm' | 'near' | 'full';
};

/**
 * The bar of a limit: up to its own maximum, or without one up to what is free under whoever decides. Null where one may not see use, or
 * nobody bounds it.
 */
export function barOf({ own, used, held, free, max, reached }: Limit): Bar | null {
  if (own === null || used === null || held === null) return null;
  const load = Number(used) + Number(held);
  if (max === null && free === null) return null;
  const end = Math.max(max ?? load + Number(free), load) || 1;
  const part = (n: number): number => Math.round((n / end) * 1_000) / 10;
  const percent = max === null ? null : max === 0 ? 100 : Math.floor((100 * Number(used)) / max);
  const look = reached || (percent ?? 0) >= 100 ? 'full' : (percent ?? 0) >= NEAR ? 'near' : 'calm';
  const last = load + Number(free ?? end);
  return {
    tick: last < end ? part(last) : null,
    own: part(Number(own)),
    below: part(Number(used) - Number(own)),
    held: part(Number(held)),
    percent,
    look,
  };
}

/** How much of a limit is used, in words. */
export function usedWords({ kind, used, max }: Limit, bar: Bar | null, texts: Texts): string {
  const { say } = texts;
  const most = max === null ? '' : amountOf(kind, max, texts);
  if (used === null) return max === null ? say('limitHiddenOpen') : say('limitHidden', { max: most });
  const amount = amountOf(kind, used, texts);
  if (max === null) return say('limitUsedOf', { used: amount });
  return say('limitUsed', { used: amount, max: most, percent: bar?.percent ?? 0 });
}

/** Who decides how much more there may be. Whoever does is named by a word of warning only when it isn't the account itself. */
function decidesWords(limit: Limit, account: string, texts: Texts): TemplateResult | typeof nothing {
  const { say } = texts;
  const { decides, free, kind } = limit;
  if (!decides) return html`<span>${say('limitUnlimited')}</span>`;
  const n = free === null ? null : amountOf(kind, free, texts);
  if (decides.account?.id === account)
    return n === null ? nothing : html`<span class="key free"><bdi>${say('limitFree', { n })}</bdi></span>`;
  const name = decides.account?.name ?? say('limitAbove');
  const words = [say('limitDecides', { name }), ...(n === null ? [] : [say('limitFree', { n })])].join(': ');
  return html`<span class="decides"><bdi>${words}</bdi></span>`;
}

/** A line for each account that bounds it, where that is more than one. */
function boundsTable({ kind, bounds, decides }: Limit, texts: Texts): TemplateResult | typeof nothing {
  const { say } = texts;
  if (bounds.length < 2) return nothing;
  const amount = (n: string | number | null): string => (n === null ? '–' : amountOf(kind, n, texts));
  return html`<table class="bounds"><thead><tr><th scope="col">${say('limitBounds')}</th><th scope="col">${say('limitMax')}</th><th scope="col">${say('limitUsedThere')}</th><th scope="col">${say('limitHeldThere')}</th><th scope="col">${say('limitFreeThere')}</th></tr></thead>
    <tbody>${bounds.map(({ account, max, used, held, free }) => {
      const name = account?.name ?? say('limitAbove');
      const isDeciding = account?.id === decides?.account?.id;
      return html`<tr class=${isDeciding ? 'decides' : ''}><th scope="row"><bdi>${isDeciding ? say('limitDecides', { name }) : name}</bdi></th><td>${amount(max && Number(max))}</td><td>${amount(used)}</td><td>${amount(held)}</td><td>${amount(free)}</td></tr>`;
    })}</tbody></table>`;
}

/** One limit: how much of it is used, what of that is whose, and who decides. */
export function limitRow(
  limit: Limit,
  {
    account,
    end,
    texts,
  }: { readonly account: string; readonly end: LimitsState['period']['end']; readonly texts: Texts },
  edit: TemplateResult | typeof nothing,
): TemplateResult {
  const { say, numbers } = texts;
  const { kind, own, used, held, reserve, nextReserve, forecast, reached, atLimit, max, thresholds, promised } = limit;
  const bar = barOf(limit);
  const label = say(`limit_${kind}`) || limit.label;
  const words = usedWords(limit, bar, texts);
  const fact = (look: string, text: string): TemplateResult => html`<span class=${look}><bdi>${text}</bdi></span>`;
  const below = own === null || used === null ? 0 : Number(used) - Number(own);
  return html`<div class="line"><strong id=${`label-${kind}`}>${label} <small>${say(COUNTED[countsOf(kind)])}</small></strong>
      ${
        bar
          ? html`<div class="track ${bar.look}" role="meter" aria-labelledby=${`label-${kind}`} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${bar.percent ?? Math.round(bar.own + bar.below)} aria-valuetext=${words}>
          <span .style=${`inline-size:${bar.own}%`}></span><span class="below" .style=${`inline-size:${bar.below}%`}></span><span class="held" .style=${`inline-size:${bar.held}%`}></span>${bar.tick === null ? nothing : html`<i .style=${`inset-inline-start:${bar.tick}%`}></i>`}</div>`
          : nothing
      }
      <div class="number ${bar?.look ?? ''}">${bar && bar.look !== 'calm' ? icon(ALERT, 14) : nothing}<bdi>${words}</bdi></div>${edit}</div>
    <p class="facts">
      ${reached ? html`<strong class="full">${say(atLimit === 'block' ? 'limitReached' : 'limitReachedTold')}</strong>` : nothing}
      ${decidesWords(limit, account, texts)}
      ${bar?.tick == null ? nothing : fact('key end', say('limitEnd', { name: limit.decides?.account?.name ?? say('limitAbove'), n: amountOf(kind, String(Number(used) + Number(held) + Number(limit.free)), texts) }))}
      ${own !== null && below > 0 ? html`${fact('key', say('limitOwn', { n: amountOf(kind, own, texts) }))}${fact('key below', say('limitBelow', { n: amountOf(kind, String(below), texts) }))}` : nothing}
      ${held !== null && Number(held) > 0 ? fact('key held', say('limitHeld', { n: amountOf(kind, held, texts) })) : nothing}
      ${Number(promised) > 0 ? fact('', say('limitPromised', { n: amountOf(kind, Number(promised), texts) })) : nothing}
      ${forecast === null || Number(forecast) === 0 ? nothing : fact('', say('limitForecast', { n: amountOf(kind, forecast, texts), date: numbers.day(end) }))}
      ${reserve > 0 ? fact('', say('limitReserved', { n: amountOf(kind, reserve, texts) })) : nothing}
      ${nextReserve === undefined ? nothing : fact('', say('limitPromiseNext', { n: amountOf(kind, nextReserve, texts) }))}
      ${max !== null && atLimit === 'notify' && !reached ? fact('', say('limitNotify')) : nothing}
      ${max !== null && thresholds.length > 0 ? fact('', say('limitAlerts', { marks: thresholds.join(', ') })) : nothing}
    </p>${boundsTable(limit, texts)}`;
}
