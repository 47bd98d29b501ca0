import { type AccountId, type ExplainedStanding, type Level, type PermissionKey, permission } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { LOCK } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';
import { level } from './level.ts';
import { nameOf } from './names.ts';

/**
 * Why a permission is as it is: all that leaves less of it, and who set that when.
 *
 * @param standing null: it is being asked
 * @param own what it comes to for whoever looks from above; null where nobody does
 * @param lead gives what leads to the permissions of an account; null where one can't go there
 */
export function reason(
  asked: PermissionKey,
  standing: ExplainedStanding | null,
  lead: (account: AccountId | null) => (() => void) | null,
  own: Level | null,
  texts: Texts,
): TemplateResult {
  const { say, numbers } = texts;
  if (!standing) return html`<div class="reason" role="row"><div role="gridcell">${say('loading')} …</div></div>`;
  const n = standing.lines.filter(({ decides }) => decides).length;
  const at = say(`level_${standing.level}`);
  const holds = say(n === 0 ? 'permWhyFree' : 'permWhyHolds', { n, level: at });
  const line = ({ entry, account, key, level: one, by, at, version, decides }: ExplainedStanding['lines'][number]) => {
    const place = entry === 'role' ? say('permWhyRole', { name: account.name }) : account.name;
    const about = key === asked ? null : nameOf(permission(key), texts);
    const name = about === null ? place : say('permWhyController', { name: place, permission: about });
    const date = at === null ? '' : numbers.dateTime(at);
    const set = by
      ? say('permWhyCap', { name: by.name, date, version: version ?? 0 })
      : at === null
        ? ''
        : say('permWhyAt', { date });
    const go = entry === 'role' ? null : lead(account.id);
    return html`<li class=${decides ? 'holds' : ''}>${decides ? icon(LOCK, 14) : html`<span></span>`}<span>${go ? html`<button class="link" type="button" aria-label=${say('permTitle', { name: account.name })} @click=${go}><bdi>${name}</bdi></button>` : html`<bdi>${name}</bdi>`}${set === '' ? nothing : html`<small>${set}</small>`}</span><span class="at">${level(one, texts)}</span></li>`;
  };
  return html`<div class="reason" role="row"><div role="gridcell"><p><bdi>${holds}</bdi></p><ul>${standing.lines.map(line)}</ul>${own === null ? nothing : html`<p><bdi>${say('permWhyYou', { level: say(`level_${own}`) })}</bdi></p>`}</div></div>`;
}
