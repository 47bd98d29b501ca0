import type { LimitKindKey } from '@tenantree/domain';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom } from '../data/account-source.ts';
import { emit } from '../events.ts';
import type { MembersViewer } from '../members/sam-members.ts';
import { AccountPart } from '../parts/account-part.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { formStyles } from '../parts/form-styles.ts';
import { followLive, Loading, type Wanted } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamToast, type Toast } from '../parts/sam-toast.ts';
import { limitRow } from './limit-row.ts';
import type { Limit, LimitDefault, LimitsSource, LimitsState } from './limits-source.ts';
import { limitsStyles } from './limits-styles.ts';
import { limitsTexts } from './limits-texts.ts';
import { type DefaultsSet, SamLimitDefaults } from './sam-limit-defaults.ts';
import { LimitDone, SamLimitForm } from './sam-limit-form.ts';
import { SamWhatIf } from './sam-what-if.ts';

/**
 * The limits of an account (rules/limits): of each kind how much is used, held and free, and who decides; set in place by those above it,
 * with what new subaccounts begin with, and what another maximum would have come to.
 *
 * @fires sam-change - a limit was set
 */
export class SamLimits extends AccountPart<LimitsSource> {
  static override properties = {
    viewer: { attribute: false },
    state: { state: true },
    defaults: { state: true },
    mayset: { state: true },
    editing: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, limitsStyles];

  declare viewer: MembersViewer;
  declare protected state: LimitsState | null;
  declare protected defaults: readonly LimitDefault[];
  declare protected mayset: boolean;
  /** The limit that is being set, as it was then. */
  declare protected editing: Limit | null;
  readonly #loading = new Loading(this, {
    wanted: (): Wanted<LimitsSource> | null =>
      this.source && this.account ? { source: this.source, account: this.account.id } : null,
    ask: ({ source, account }, signal) => Promise.all([source.get(account, signal), this.#maySet(source, signal)]),
    show: ([{ defaults, ...state }, mayset]) => Object.assign(this, { state, defaults, mayset, failure: null }),
    follow: (_, wanted, signal) => this.#follow(wanted, signal),
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => this.#forget(),
  });

  constructor() {
    super();
    define('sam-limit-form', SamLimitForm);
    define('sam-limit-defaults', SamLimitDefaults);
    define('sam-what-if', SamWhatIf);
    define('sam-toast', SamToast);
    this.viewer = { user: null, role: null };
    this.#forget();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...limitsTexts });
  }

  protected override render(): TemplateResult {
    const { state, account, source, texts, access } = this;
    const { say } = texts;
    if (!state || !account) return html`<div class="limits">${this.absent(() => void this.#loading.begin())}</div>`;
    const { levels } = account;
    const manages = access === 'full' && levels['account.subaccounts'] === 'full' && account.levelsBelow > 0;
    const showsDefaults = account.levelsBelow > 0 && levels['account.subaccounts'] !== 'none';
    return html`<div class="limits">
      <section class="card" part="card"><div class="section">${this.heading(say('limitsTitle'))}</div>
        <ul>${state.limits.map((limit) => this.#limit(limit, state, account))}</ul></section>
      ${
        showsDefaults
          ? html`<section class="card" part="card"><div class="section">${this.heading(say('defaultsTitle'))}<span class="hint">${say('defaultsHint')}</span></div>
        <sam-limit-defaults exportparts="button" .source=${source} .account=${account.id} .defaults=${this.defaults} .texts=${texts} .access=${manages ? 'full' : 'readOnly'} @sam-defaults=${this.#defaultsSet}></sam-limit-defaults></section>`
          : nothing
      }
      ${
        levels['billing.usage'] === 'full'
          ? html`<section class="card" part="card"><div class="section">${this.heading(say('whatIfTitle'))}<span class="hint">${say('whatIfHint')}</span></div>
        <sam-what-if exportparts="button" .source=${source} .account=${account.id} .limits=${state.limits} .texts=${texts}></sam-what-if></section>`
          : nothing
      }
      <sam-toast></sam-toast>
    </div>`;
  }

  #limit(limit: Limit, { period }: LimitsState, account: AccountDetail): TemplateResult {
    const { texts, source, editing } = this;
    const { say } = texts;
    const isEdited = editing?.kind === limit.kind;
    const kind = say(`limit_${limit.kind}`) || limit.label;
    const edit = (): void => {
      this.editing = limit;
    };
    const button =
      this.mayset && this.access === 'full'
        ? html`<button class="button" type="button" part="button" data-kind=${limit.kind} aria-label=${say('limitEditName', { kind })} aria-expanded=${String(isEdited)} @click=${edit}>${say('limitEdit')}</button>`
        : nothing;
    return html`<li class="limit">${limitRow(limit, { account: account.id, end: period.end, texts }, button)}
      ${isEdited ? html`<sam-limit-form exportparts="button" .source=${source} .account=${account} .limit=${editing} .texts=${texts} @sam-done=${(event: Event) => void this.#done(event, limit.kind, kind)}></sam-limit-form>` : nothing}</li>`;
  }

  #forget(): void {
    this.state = null;
    this.defaults = [];
    this.failure = null;
    this.mayset = false;
    this.editing = null;
  }

  #follow({ source, account }: Wanted<LimitsSource>, signal: AbortSignal): void {
    followLive<LimitsState>((reader) => source.follow(account, reader), signal, {
      onFrame: (state) => {
        this.state = state;
      },
      onRefused: (failure) => Object.assign(this, { state: null, failure }),
    });
  }

  /** Limits are set from above the account; a main account's by its owner (rules/limits 5). */
  async #maySet(source: LimitsSource, signal: AbortSignal): Promise<boolean> {
    if (!this.account || this.account.status === 'closed') return false;
    const { parentId, path } = this.account;
    if (parentId === null) return this.viewer.role === 'owner';
    if (path.length < 2) return false;
    return source.managesBelow(parentId, signal).catch(() => false);
  }

  async #done(event: Event, key: LimitKindKey, kind: string): Promise<void> {
    const { source, account } = this;
    if (event instanceof LimitDone && event.saved && source && account) {
      const { undo } = event.saved;
      this.state = event.saved;
      emit(this, 'sam-change', { account });
      this.#offerUndo(kind, async () => ({ state: await source.set(account.id, undo) }));
    }
    this.editing = null;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`[data-kind="${key}"]`)?.focus();
  }

  #defaultsSet({ detail: { defaults, undo } }: DefaultsSet): void {
    const { source, account } = this;
    this.defaults = defaults;
    if (source && account)
      this.#offerUndo(this.texts.say('defaultsTitle'), async () => ({
        defaults: await source.setDefaults(account.id, undo),
      }));
  }

  /** Says what was saved; taken back from there it says that, or why it could not be. */
  #offerUndo(
    what: string,
    back: () => Promise<Partial<{ readonly state: LimitsState; readonly defaults: readonly LimitDefault[] }>>,
  ): void {
    const { account, texts } = this;
    const act = async (): Promise<void> => {
      try {
        const before = await back();
        if (!account || this.account?.id !== account.id) return;
        Object.assign(this, before);
        emit(this, 'sam-change', { account });
        this.#say(texts.say('limitUndone'));
      } catch (error) {
        this.#say(refusalFrom(error).message);
      }
    };
    this.#say(texts.say('limitSaved', { kind: what }), [{ label: texts.say('undo'), act: () => void act() }]);
  }

  #say(text: string, acts: NonNullable<Toast['acts']> = []): void {
    const toast = this.renderRoot.querySelector<SamToast>('sam-toast');
    if (!toast) return;
    toast.dismissLabel = this.texts.say('dismiss');
    toast.show({ text, acts, about: 'limits' });
  }
}
