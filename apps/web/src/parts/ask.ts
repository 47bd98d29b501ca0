import { refusalOf } from '@tenantree/client';
import { define, SourceRefusal } from '@tenantree/widget';
import { Dialogs, partsTexts, SamConfirm } from '@tenantree/widget/rooms';
import { css, html, type TemplateResult } from 'lit';
import { texts } from '../texts.ts';

/** A question with something to say of single ones that it is about. */
class SamAsk extends SamConfirm {
  static override styles = [
    ...[SamConfirm.styles].flat(),
    css`
      ul { max-block-size: 240px; overflow: auto; margin: 0; padding-inline-start: 16px; font-size: 13px; overflow-wrap: anywhere; }
    `,
  ];
  lines: readonly string[] = [];

  protected override content(): TemplateResult {
    return this.lines.length === 0
      ? super.content()
      : html`${super.content()}<ul tabindex="0">${this.lines.map((line) => html`<li><bdi>${line}</bdi></li>`)}</ul>`;
  }
}

define('sam-ask', SamAsk);

/** Opens the dialogs of the app, which are those of the widget, one at a time. */
export const dialogs = new Dialogs(() => document.body);

/** The texts of what dialogs have in common. */
texts.complete(partsTexts);

/** Something that is asked before it is done: what it means, the name of the act, and the act. */
export type Question = {
  readonly title: string;
  readonly text: string;
  /** What there is to say of single ones that it is about. */
  readonly lines?: readonly string[];
  readonly submit: string;
  /** What it fails with is said in the dialog, which stays. */
  readonly act: () => Promise<void>;
};

/** Asks before something grave is done, and waits until it is done or was not wanted. */
export function ask({ act, lines = [], ...question }: Question): Promise<void> {
  const run = (): Promise<void> =>
    act().catch((error: unknown) => {
      throw new SourceRefusal(refusalOf(error));
    });
  return dialogs.open(Object.assign(new SamAsk(), { texts, question, lines, tone: 'danger', act: run }));
}
