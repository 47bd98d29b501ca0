import type { CapsPreview, ShownCaps } from '@tenantree/contract';
import type { PermissionKey, SomeLevels } from '@tenantree/domain';
import { css, html, nothing, type TemplateResult } from 'lit';
import { refusalFrom } from '../data/account-source.ts';
import { Dialog, type Submit } from '../parts/dialog.ts';
import { conflictTable } from './conflict-table.ts';
import { type Conflict, conflictsOf } from './drafts.ts';
import { turn } from './level.ts';
import { isChanged, type MatrixRow, matrixOf, storedIn, withoutStored } from './matrix.ts';
import { nameOf } from './names.ts';
import type { PermissionsSource } from './permissions-source.ts';
import { levelStyles } from './permissions-styles.ts';

type Counts = CapsPreview['holders'];

/** What a preview shows of what is saved. */
const shownIn = ({ accounts, holders, rows, sample }: CapsPreview): string =>
  JSON.stringify([accounts, holders, rows, sample]);

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
    `,
  ];

  /** Set before the dialog is opened. */
  declare draft: SomeLevels;
  source: PermissionsSource | null = null;
  caps: ShownCaps | null = null;
  /** What others saved in place of what was seen when something was chosen, as far as neither side is chosen yet. */
  declare conflicts: readonly Conflict[];
  saved: (version: number, changes: CapsPreview['changes']) => void = () => undefined;
  /** Null: not there yet. */
  declare protected seen: CapsPreview | null;

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

  protected heading(): string {
    const name = this.caps?.account.name ?? '';
    return this.say('reviewTitle', { n: this.#count, name });
  }

  protected override cancel(): string {
    return this.say('reviewBack');
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
    const both = this.conflicts.length > 0 ? conflictTable(this.conflicts, this.draft, this.#settle, texts) : nothing;
    if (this.#count === 0) return html`${both}<p role="status">${say('reviewNothing')}</p>`;
    const rows = matrixOf(caps, this.draft).filter((row) => isChanged(row) || row.before !== row.after);
    return html`${both}
      <table><thead><tr><th scope="col">${say('permColumn')}</th><th scope="col">${say('reviewNow')} → ${say('reviewAfter')}</th><th scope="col">${say('reviewWhom')}</th></tr></thead>
      <tbody>${rows.map((row) => this.#row(row))}</tbody></table>
      ${seen ? this.#effect(seen) : html`<p role="status">${say('loading')} …</p>`}`;
  }

  protected submit(): Promise<'done' | 'stay'> {
    return this.#save();
  }

  async #save(isAgain = false): Promise<'done' | 'stay'> {
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
      if (refusal.code === 'VERSION_CONFLICT') {
        await this.#meet(source, caps);
        if (this.conflicts.length > 0 || this.#count === 0) return 'stay';
      }
      // What comes of mine by now is shown with that.
      if (refusal.code !== 'PREVIEW_STALE') throw refusal;
      await this.#look();
      // Something else happened in the tree: where it is no matter for what was shown, it is saved all the same.
      if (!this.seen || shownIn(this.seen) !== shownIn(seen) || isAgain) throw refusal;
      return this.#save(true);
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
  async #meet(source: PermissionsSource, before: ShownCaps): Promise<void> {
    const caps = await source.get(before.account.id);
    this.conflicts = conflictsOf({ levels: this.draft, seen: storedIn(before) }, storedIn(caps));
    this.caps = caps;
    this.draft = withoutStored(this.draft, storedIn(caps));
    await this.#look();
  }

  readonly #settle = (key: PermissionKey, side: 'mine' | 'theirs'): void => {
    const { [key]: _, ...rest } = this.draft;
    const mine = this.conflicts.find((one) => one.key === key)?.mine;
    this.draft = side === 'theirs' || !mine ? rest : { ...rest, [key]: mine };
    void this.#look();
  };

  #row({ key, permission, before, after }: MatrixRow): TemplateResult {
    const { texts } = this;
    const found = this.seen?.rows.find((row) => row.key === key);
    return html`<tr><th scope="row">${nameOf(permission, texts)}</th><td><span class="turn">${turn(before, after, texts)}</span></td>
      <td><bdi>${found ? this.#who(found.holders) : before === after ? texts.say('reviewSame') : '–'}</bdi></td></tr>`;
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

  #effect({ accounts, holders, version, sample, streams }: CapsPreview): TemplateResult {
    const { say } = this.texts;
    const who = this.#who(holders);
    return html`<p role="status"><bdi>${say('reviewChecked', { n: accounts.checked, version, changed: accounts.changed })}</bdi></p>
      <p class=${who === '' ? '' : 'warn'}>${who === '' ? say('reviewNobody') : `${say('reviewWho', { who })} ${say('reviewAtOnce')}`}</p>
      ${streams.cut === 0 && streams.complete ? nothing : html`<p class="warn"><bdi>${say('reviewStreams', { n: streams.cut })} ${streams.complete ? '' : say('reviewStreamsSome')}</bdi></p>`}
      ${sample.length === 0 ? nothing : html`<p class="hint">${say('reviewIn', { names: sample.map(({ name }) => name).join(', ') })}</p>`}`;
  }
}
