import type { CapsPreview, ShownCaps } from '@tenantree/contract';
import type { Level, PermissionKey, SomeLevels } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import { refusalFrom } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import { level, turn } from './level.ts';
import { isChanged, type MatrixRow, matrixOf, storedIn, withoutStored } from './matrix.ts';
import type { PermissionsSource } from './permissions-source.ts';
import { levelStyles } from './permissions-styles.ts';

type Counts = CapsPreview['holders'];

/** What somebody else saved meanwhile in place of what was seen. */
type Conflict = {
  readonly key: PermissionKey;
  readonly was: Level | null;
  readonly theirs: Level;
  readonly mine: Level;
};

/** Looks at changes of permissions before they are saved: what becomes of whom. A conflict shows both sides, row by row. */
export class SamCapsReview extends Dialog {
  static override properties = {
    ...Dialog.properties,
    draft: { state: true },
    seen: { state: true },
    conflicts: { state: true },
  };
  static override styles = [
    ...Dialog.styles,
    levelStyles,
    css`
      dialog { inline-size: min(720px, calc(100vw - 24px)); }
      table { inline-size: 100%; border-collapse: collapse; font-size: var(--sam-fs-13); } th { text-align: start; font-weight: var(--sam-fw-medium); color: var(--sam-text-2); font-size: var(--sam-fs-12); } th { overflow-wrap: normal; } td, th { padding: 5px var(--sam-2) 5px 0; border-block-end: var(--sam-hair) solid var(--sam-border); vertical-align: top; }
      .body .warn { padding: var(--sam-3); border-radius: var(--sam-r-2); background: var(--sam-warn-soft); color: var(--sam-warn); } td label { display: flex; align-items: center; gap: 6px; cursor: pointer; }
      tbody th { color: var(--sam-text); font-size: var(--sam-fs-13); }
    `,
  ];

  /** Set before the dialog is opened. */
  texts: Texts = defaultTexts();
  declare draft: SomeLevels;
  source: PermissionsSource | null = null;
  caps: ShownCaps | null = null;
  saved: (version: number, changes: CapsPreview['changes']) => void = () => undefined;
  /** Null: not there yet. */
  declare protected seen: CapsPreview | null;
  declare protected conflicts: readonly Conflict[];

  constructor() {
    super();
    this.draft = {};
    this.seen = null;
    this.conflicts = [];
  }

  override async open(): Promise<void> {
    void this.#look();
    await super.open();
  }

  protected words(): { readonly title: string; readonly cancel: string } {
    const { say } = this.texts;
    const name = this.caps?.account.name ?? '';
    return { title: say('reviewTitle', { n: this.#count, name }), cancel: say('reviewBack') };
  }

  protected submitButton(): Submit {
    const n = this.#count;
    const ready = this.seen && n > 0 ? 'ready' : 'incomplete';
    return { label: this.texts.say('reviewSave', { n }), tone: 'primary', ready };
  }

  protected content(): TemplateResult {
    const { seen, texts, caps } = this;
    const { say } = texts;
    if (!caps) return html``;
    const rows = matrixOf(caps, this.draft).filter((row) => isChanged(row) || row.before !== row.after);
    return html`${this.conflicts.length > 0 ? this.#conflicts() : nothing}
      <table><thead><tr><th scope="col">${say('permColumn')}</th><th scope="col">${say('reviewNow')} → ${say('reviewAfter')}</th><th scope="col">${say('reviewWhom')}</th></tr></thead>
      <tbody>${rows.map((row) => this.#row(row))}</tbody></table>
      ${seen ? this.#effect(seen) : html`<p role="status">${say('loading')} …</p>`}`;
  }

  protected async submit(): Promise<'done' | 'stay'> {
    const { source, caps, seen, draft } = this;
    if (!source || !caps || !seen) return 'stay';
    try {
      const { version, changes } = await source.set(caps.account.id, draft, {
        version: caps.version ?? 0,
        preview: seen.preview,
      });
      this.saved(version, changes);
      return 'done';
    } catch (error) {
      const refusal = refusalFrom(error);
      if (refusal.code === 'VERSION_CONFLICT') return this.#meet(source, caps);
      if (refusal.code === 'PREVIEW_STALE') await this.#look();
      throw refusal;
    }
  }

  get #count(): number {
    return Object.keys(this.draft).length;
  }

  async #look(): Promise<void> {
    const { source, caps, draft } = this;
    this.seen = null;
    if (!source || !caps || this.#count === 0) return;
    try {
      const seen = await source.preview(caps.account.id, draft);
      if (this.draft === draft) this.seen = seen;
    } catch (error) {
      this.refusal = refusalFrom(error);
    }
  }

  /** What others saved is what is there now. Where they set what I set, too, both are shown; at first it is as I wanted it. */
  async #meet(source: PermissionsSource, before: ShownCaps): Promise<'stay'> {
    const caps = await source.get(before.account.id);
    const [was, theirs] = [storedIn(before), storedIn(caps)];
    this.conflicts = caps.rows.flatMap(({ key, level: now }) => {
      const mine = this.draft[key];
      return mine === undefined || now === null || now === (was[key] ?? null) || now === mine
        ? []
        : [{ key, was: was[key] ?? null, theirs: now, mine }];
    });
    this.caps = caps;
    this.draft = withoutStored(this.draft, theirs);
    await this.#look();
    return 'stay';
  }

  #conflicts(): TemplateResult {
    const { texts } = this;
    const { say } = texts;
    const pick = ({ key, mine, theirs }: Conflict, one: Level): TemplateResult =>
      html`<td><label><input type="radio" name=${key} .checked=${(this.draft[key] ?? theirs) === one} @change=${() => this.#settle(key, one === mine ? mine : null)} />${level(one, texts)}</label></td>`;
    return html`<p class="warn" role="alert">${say('conflictText')}</p><table class="conflicts"><thead><tr><th scope="col">${say('permColumn')}</th><th scope="col">${say('conflictWas')}</th><th scope="col">${say('conflictMine')}</th><th scope="col">${say('conflictTheirs')}</th></tr></thead>
      <tbody>${this.conflicts.map((one) => html`<tr><th scope="row">${this.#label(one.key)}</th><td><span class="at">${one.was ? level(one.was, texts) : say('permUndecided')}</span></td>${pick(one, one.mine)}${pick(one, one.theirs)}</tr>`)}</tbody></table>`;
  }

  /** @param mine null: theirs stays */
  #settle(key: PermissionKey, mine: Level | null): void {
    const { [key]: _, ...rest } = this.draft;
    this.draft = mine === null ? rest : { ...rest, [key]: mine };
    void this.#look();
  }

  #label(key: PermissionKey): string {
    const { caps } = this;
    return (caps && matrixOf(caps, {}).find((row) => row.key === key)?.permission.label) ?? key;
  }

  #row({ key, permission, before, after }: MatrixRow): TemplateResult {
    const { texts } = this;
    const found = this.seen?.rows.find((row) => row.key === key);
    return html`<tr><th scope="row">${permission.label}</th><td><span class="turn">${turn(before, after, texts)}</span></td>
      <td>${found ? this.#who(found.holders) : before === after ? texts.say('reviewSame') : '–'}</td></tr>`;
  }

  #who({ person, key, session }: Counts): string {
    const { say } = this.texts;
    const parts = [
      person > 0 ? say('permPeople', { n: person }) : '',
      key > 0 ? say('permKeys', { n: key }) : '',
      session > 0 ? say('permSessions', { n: session }) : '',
    ];
    return parts.filter(Boolean).join(', ');
  }

  #effect({ accounts, holders, version, sample }: CapsPreview): TemplateResult {
    const { say } = this.texts;
    const who = this.#who(holders);
    return html`<p role="status">${say('reviewChecked', { n: accounts.checked, version, changed: accounts.changed })}</p>
      <p class=${who === '' ? '' : 'warn'}>${who === '' ? say('reviewNobody') : `${say('reviewWho', { who })} ${say('reviewAtOnce')}`}</p>
      ${sample.length === 0 ? nothing : html`<p class="hint">${say('reviewIn', { names: sample.map(({ name }) => name).join(', ') })}</p>`}`;
  }
}
