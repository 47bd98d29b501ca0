import { refusalOf } from '@tenantree/client';
import { define, SourceRefusal } from '@tenantree/widget';
import { Dialogs, partsTexts, SamConfirm } from '@tenantree/widget/rooms';
import { texts } from '../texts.ts';

define('sam-confirm', SamConfirm);

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
export function ask({ act, ...question }: Question): Promise<void> {
  const run = (): Promise<void> =>
    act().catch((error: unknown) => {
      throw new SourceRefusal(refusalOf(error));
    });
  return dialogs.open(Object.assign(new SamConfirm(), { texts, question, tone: 'danger', act: run }));
}
