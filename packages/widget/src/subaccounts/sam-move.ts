import { type AccountId, type AccountRow, findText } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import type { AccountName } from '../data/account-source.ts';
import { DEFAULT_STATUS } from '../data/screen-view.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { shortName } from '../parts/short-name.ts';
import type { DialogContext } from './dialog-context.ts';

/** Rests between the last key and the search, in milliseconds. */
const REST_MS = 120;
const MOST_SHOWN = 20;

/** An account that can be chosen, with the names of the accounts above it. */
type Target = AccountName & { readonly above: readonly string[] };

/** Moves an account under another parent of its tree (rules/accounts 19): shows where to, says what it means, takes the server's word. */
export class SamMove extends Dialog {
  static override properties = {
    ...Dialog.properties,
    found: { state: true },
    target: { state: true },
  };
  static override styles = [
    ...[Dialog.styles].flat(),
    css`
      fieldset { max-block-size: 264px; overflow: auto; gap: 0; border: var(--sam-hair) solid var(--sam-border); border-radius: var(--sam-r-2); }
      .target { display: grid; grid-template-columns: 16px 1fr; gap: 0 var(--sam-2); align-items: start; padding: var(--sam-2) var(--sam-3); cursor: pointer; }
      .target + .target { border-block-start: var(--sam-hair) solid var(--sam-border); }
      .target:has(:checked) { background: var(--sam-accent-soft); }
      .target input { margin: 3px 0 0; accent-color: var(--sam-accent); } .target b { font-weight: var(--sam-fw-medium); overflow-wrap: anywhere; }
      .target span { grid-column: 2; color: var(--sam-text-2); font-size: var(--sam-fs-13); overflow-wrap: anywhere; }
      fieldset p { padding: var(--sam-3); color: var(--sam-text-2); }
    `,
  ];

  /** Set before the dialog is opened. */
  context: DialogContext | null = null;
  account: AccountRow | null = null;
  /** The acting account, under which everything else is found. */
  here: AccountName | null = null;
  /** The present parent. */
  from: AccountName | null = null;
  declare protected found: readonly Target[] | 'loading' | 'failed';
  declare protected target: Target | null;
  #running = new AbortController();
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.found = 'loading';
    this.target = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#find('');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#rest);
    this.#running.abort();
  }

  protected heading(): string {
    return this.say('moveTitle', { name: this.account?.name ?? '' });
  }

  protected submitButton(): Submit {
    const { target } = this;
    if (this.busy) return { label: this.say('moving'), tone: 'primary', ready: 'ready' };
    if (!target) return { label: this.say('moveSubmitEmpty'), tone: 'primary', ready: 'incomplete' };
    return { label: this.say('moveSubmit', { parent: shortName(target.name) }), tone: 'primary', ready: 'ready' };
  }

  protected content(): TemplateResult {
    return html`<p>${this.say('moveText', { parent: this.from?.name ?? '' })}</p>
      <div class="row"><label for="to">${this.say('moveTo')}</label>
        <div class="field"><input id="to" name="to" type="search" data-first placeholder=${this.say('searchPlaceholder')} dir="auto" autocomplete="off" spellcheck="false" maxlength="120" aria-describedby="to-error" @input=${this.#type} @keydown=${this.#press} /></div>
        ${this.errorAt('to')}</div>
      <fieldset><legend class="hidden">${this.say('moveChoices')}</legend>${this.#choices()}</fieldset>`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { context, account, target, from } = this;
    if (!context || !account || !target || !from) return 'stay';
    context.moved(await context.acts.move(account, target, from));
    return 'done';
  }

  #choices(): TemplateResult | readonly TemplateResult[] {
    const { found } = this;
    if (found === 'loading') return html`<p role="status">${this.say('loading')}…</p>`;
    if (found === 'failed') return html`<p role="alert">${this.say('moveFailed')}</p>`;
    if (found.length === 0) return html`<p role="status">${this.say('moveNone')}</p>`;
    return found.map(
      (
        one,
      ) => html`<label class="target"><input type="radio" name="target" .checked=${one.id === this.target?.id} @change=${() => this.#choose(one)} />
        <b><bdi>${one.name}</bdi></b>${one.above.length > 0 ? html`<span>${one.above.map((name, k) => html`${k > 0 ? ' › ' : nothing}<bdi>${name}</bdi>`)}</span>` : nothing}</label>`,
    );
  }

  /** Finds accounts by name; without one, the acting account and those directly below it. */
  async #find(query: string): Promise<void> {
    const { context, here } = this;
    if (!context || !here) return;
    this.#running.abort();
    this.#running = new AbortController();
    const { signal } = this.#running;
    try {
      const limit = MOST_SHOWN;
      const { rows, matches } =
        query === ''
          ? await this.#nearest(context, here, signal)
          : await context.source.search(here.id, { query, status: DEFAULT_STATUS, cursor: null, limit }, signal);
      if (signal.aborted) return;
      const byId = new Map(rows.map((row) => [row.id, row]));
      const found = matches.flatMap((id) => this.#targetOf(id, byId, here));
      const isHere = here.id !== this.from?.id && findText(here.name, query) !== null;
      this.found = isHere ? [{ ...here, above: [] }, ...found] : found;
    } catch {
      if (!signal.aborted) this.found = 'failed';
    }
  }

  async #nearest(
    { source }: DialogContext,
    here: AccountName,
    signal: AbortSignal,
  ): Promise<{ readonly rows: readonly AccountRow[]; readonly matches: readonly AccountId[] }> {
    const query = {
      sort: 'name',
      direction: 'asc',
      status: DEFAULT_STATUS,
      cursor: null,
      limit: MOST_SHOWN,
    } as const;
    const { rows } = await source.list(here.id, query, signal);
    return { rows, matches: rows.map(({ id }) => id) };
  }

  /** An account as a choice; none when it is the account itself, below it, its present parent, or closed. */
  #targetOf(id: AccountId, byId: ReadonlyMap<AccountId, AccountRow>, here: AccountName): readonly Target[] {
    const row = byId.get(id);
    if (!row || row.status === 'closed' || id === this.from?.id || id === this.account?.id) return [];
    const above: string[] = [];
    for (let up = row.parentId; up !== null && up !== here.id; up = byId.get(up)?.parentId ?? null) {
      if (up === this.account?.id) return [];
      above.unshift(byId.get(up)?.name ?? '');
    }
    return [{ id, name: row.name, above: [here.name, ...above] }];
  }

  #type({ target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    const query = target.value.trim();
    this.refusal = null;
    this.target = null;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#find(query), REST_MS);
  }

  /** From the field, down leads into what was found. */
  #press(event: KeyboardEvent): void {
    const first = this.renderRoot.querySelector<HTMLInputElement>('[name="target"]');
    if (event.key === 'ArrowDown' && first) {
      event.preventDefault();
      first.focus();
    }
  }

  #choose(target: Target): void {
    this.target = target;
    this.refusal = null;
  }
}
