import type { TransferStage } from '@tenantree/domain';
import { html, type TemplateResult } from 'lit';
import { icon } from '../icons/icon.ts';
import { ARROW_OUT, CLOCK, WALLET } from '../icons/icons.ts';
import type { Texts } from '../strings/texts.ts';

const LOOKS = {
  parent_billed: { tone: 'plain', glyph: WALLET },
  in_progress: { tone: 'warn', glyph: CLOCK },
  independent: { tone: 'ok', glyph: ARROW_OUT },
} as const satisfies Readonly<Record<TransferStage, object>>;

/** Where an account stands between being paid for and paying for itself, in the words of everybody. */
export const stageBadge = (stage: TransferStage, { say }: Texts, time = ''): TemplateResult =>
  html`<span class="badge ${LOOKS[stage].tone}" part="badge">${icon(LOOKS[stage].glyph, 14)}${say(`stage_${stage}`)}${time === '' ? '' : ` · ${time}`}</span>`;
