import type { AccountId, AccountRow, SuspensionOrder } from '@tenantree/domain';
import type { AccountName, AccountSource, SourceRefusal } from '../data/account-source.ts';
import { refusalFrom } from '../data/account-source.ts';
import type { Toast } from '../parts/sam-toast.ts';
import type { Texts } from '../strings/texts.ts';
import type { TreeStore } from '../tree/tree-store.ts';

/** What the acts on accounts need of the screen they happen on. */
export type ChangesContext = {
  readonly source: Pick<AccountSource, 'acts'>;
  readonly store: TreeStore;
  readonly texts: Texts;
  readonly toast: (toast: Toast) => void;
  /** An account was changed by us. */
  readonly changed: (row: AccountRow) => void;
};

/** Changes to accounts, each with what is said afterwards and how it is undone. One of a kind runs at a time per account. */
export class AccountChanges {
  readonly #context: ChangesContext;
  readonly #running = new Set<string>();

  constructor(context: ChangesContext) {
    this.#context = context;
  }

  /** Shows the new name at once; @returns why it was refused, after the old one is back. */
  async rename(account: AccountRow, name: string): Promise<SourceRefusal | null> {
    const { source, store, texts, toast, changed } = this.#context;
    const before = store.account(account.id)?.row ?? account;
    store.takeRow({ ...before, name });
    try {
      const row = await (await source.acts()).rename(account.id, name);
      store.takeRow(row);
      changed(row);
      const undo = { label: texts.say('undo'), act: () => void this.#undoRename(row, before.name) };
      toast({ text: texts.say('renamed', { name: row.name }), acts: [undo], about: `name ${row.id}` });
      return null;
    } catch (error) {
      const now = store.account(account.id)?.row ?? before;
      if (now.name === name) store.takeRow({ ...now, name: before.name });
      return refusalFrom(error);
    }
  }

  /** @throws SourceRefusal so that the dialog can say it at the field */
  async suspend(account: AccountRow, order: SuspensionOrder): Promise<void> {
    const { source, store, texts, toast, changed } = this.#context;
    const row = await (await source.acts()).suspend(account.id, order);
    store.takeRow(row);
    changed(row);
    const { name } = row;
    const later = row.status === 'active' && order.from !== null ? texts.numbers.dateTime(order.from) : null;
    const text = later === null ? texts.say('didSuspend', { name }) : texts.say('willSuspend', { name, date: later });
    const undo = { label: texts.say('undo'), act: () => void this.reactivate(row) };
    toast({ text, acts: [undo], about: `suspension ${row.id}` });
  }

  /**
   * @param from the present parent, to which it can be taken back
   * @throws SourceRefusal so that the dialog can say it
   */
  async move(account: AccountRow, to: AccountName, from: AccountName): Promise<AccountRow> {
    const { source, store, texts, toast, changed } = this.#context;
    const row = await (await source.acts()).move(account.id, to.id);
    store.takeRow(row);
    changed(row);
    const back = async (): Promise<void> => void (await this.move(row, from, to));
    const undo = { label: texts.say('undo'), act: () => void this.#once(`undo ${account.id}`, back) };
    toast({ text: texts.say('didMove', { name: row.name, parent: to.name }), acts: [undo], about: `parent ${row.id}` });
    return row;
  }

  /** Turns the protection from closing on or off. */
  async protect(account: AccountRow, protection: 'on' | 'off'): Promise<void> {
    const { source, store, texts, toast, changed } = this.#context;
    await this.#once(`protect ${account.id}`, async () => {
      const row = await (await source.acts()).setProtection(account.id, protection);
      store.takeRow(row);
      changed(row);
      const back = protection === 'on' ? 'off' : 'on';
      const undo = { label: texts.say('undo'), act: () => void this.protect(row, back) };
      const text = texts.say(protection === 'on' ? 'didProtect' : 'didUnprotect', { name: row.name });
      toast({ text, acts: [undo], about: `protection ${row.id}` });
    });
  }

  async reactivate(account: AccountRow): Promise<void> {
    const { suspension } = account;
    const undo = suspension && (() => this.suspend(account, suspension));
    const done = account.status === 'suspended' ? 'didReactivate' : 'didUnplan';
    await this.#act(account, 'reactivate', done, undo);
  }

  /** @throws SourceRefusal so that the dialog can say it */
  async close(account: AccountRow): Promise<void> {
    const { source, store, texts, toast, changed } = this.#context;
    const row = await (await source.acts()).close(account.id);
    store.takeRow(row);
    changed(row);
    const undo = { label: texts.say('menuReopen'), act: () => void this.reopen(row) };
    toast({ text: texts.say('didClose', { name: row.name }), acts: [undo], about: `closing ${row.id}` });
  }

  async reopen(account: AccountRow): Promise<void> {
    await this.#act(account, 'reopen', 'didReopen', null);
  }

  async #undoRename(row: AccountRow, name: string): Promise<void> {
    const refusal = await this.rename(row, name);
    if (refusal) this.#fail(refusal);
  }

  async #act(
    account: AccountRow,
    act: 'reactivate' | 'reopen',
    done: 'didReactivate' | 'didUnplan' | 'didReopen',
    undo: (() => Promise<void>) | null,
  ): Promise<void> {
    const { source, store, texts, toast, changed } = this.#context;
    await this.#once(`${act} ${account.id}`, async () => {
      const row = await (await source.acts())[act](account.id);
      store.takeRow(row);
      changed(row);
      const acts = undo ? [{ label: texts.say('undo'), act: () => void this.#once(`undo ${account.id}`, undo) }] : [];
      const about = act === 'reopen' ? `closing ${row.id}` : `suspension ${row.id}`;
      toast({ text: texts.say(done, { name: row.name }), acts, about });
    });
  }

  /** Runs one thing at a time; says in a message what failed. */
  async #once(key: `${string} ${AccountId}`, act: () => Promise<void>): Promise<void> {
    if (this.#running.has(key)) return;
    this.#running.add(key);
    try {
      await act();
    } catch (error) {
      this.#fail(refusalFrom(error));
    } finally {
      this.#running.delete(key);
    }
  }

  #fail({ message }: SourceRefusal): void {
    const { texts, toast } = this.#context;
    toast({ text: texts.say('didFail', { message }), tone: 'danger' });
  }
}
