import { type PermissionKey, permission, type SomeLevels } from '@tenantree/domain';
import { html, type TemplateResult } from 'lit';
import type { Texts } from '../strings/texts.ts';
import type { Conflict } from './drafts.ts';
import { level } from './level.ts';
import { nameOf } from './names.ts';

/**
 * Both sides of each conflict, and which of them is to be.
 *
 * @param chosen what is to be saved; what is not in it stays as others saved it
 */
export function conflictTable(
  conflicts: readonly Conflict[],
  chosen: SomeLevels,
  settle: (key: PermissionKey, side: 'mine' | 'theirs') => void,
  texts: Texts,
): TemplateResult {
  const { say } = texts;
  const pick = ({ key, mine, theirs }: Conflict, side: 'mine' | 'theirs'): TemplateResult => {
    const one = side === 'mine' ? mine : theirs;
    const isChosen = (chosen[key] === undefined) === (side === 'theirs');
    return html`<td><label><input type="radio" name=${`conflict-${key}`} .checked=${isChosen} @change=${() => settle(key, side)} />${one ? level(one, texts) : say('notReviewed')}</label></td>`;
  };
  return html`<p class="warn" role="alert">${say('conflictText')}</p><table class="conflicts"><thead><tr><th scope="col">${say('permColumn')}</th><th scope="col">${say('conflictWas')}</th><th scope="col">${say('conflictMine')}</th><th scope="col">${say('conflictTheirs')}</th></tr></thead>
    <tbody>${conflicts.map((one) => html`<tr><th scope="row">${nameOf(permission(one.key), texts)}</th><td><span class="at">${one.was ? level(one.was, texts) : say('notReviewed')}</span></td>${pick(one, 'mine')}${pick(one, 'theirs')}</tr>`)}</tbody></table>`;
}
