import { fetched } from '@tenantree/client';
import type { RowId, ShownColumn } from '@tenantree/domain';
import { html, nothing, type TemplateResult } from 'lit';
import { refusalFrom, type SavedView, type ViewsSource } from '../data/account-source.ts';
import { DEFAULT_VIEW, type ScreenView } from '../data/screen-view.ts';
import { filtersIn, isSameLook } from '../data/view-keys.ts';
import { icon } from '../icons/icon.ts';
import { MORE, SLIDERS } from '../icons/icons.ts';
import { define } from '../parts/define.ts';
import type { Dialog } from '../parts/dialog.ts';
import type { SamMenu } from '../parts/sam-menu.ts';
import type { Strings } from '../strings/en.ts';
import { ArrangedColumns, COLUMN_KINDS, columnsShown, widthWithin } from '../tree/arranged-columns.ts';
import { type AppliedBlueprints, followApplied } from './applied-blueprints.ts';
import type { ListHost } from './list-host.ts';
import type { TreeSession } from './tree-session.ts';

/** Views that are always there, by their keys, with what they are called. */
const BUILT_IN: Readonly<Record<string, { readonly label: keyof Strings; readonly view: ScreenView }>> = {
  all: { label: 'viewAll', view: DEFAULT_VIEW },
  near: { label: 'nearLimit', view: { ...DEFAULT_VIEW, limits: 'near' } },
  transfer: { label: 'viewTransfer', view: { ...DEFAULT_VIEW, transfer: 'in_progress' } },
  inactive: { label: 'inactive', view: { ...DEFAULT_VIEW, activity: 'inactive' } },
  restricted: { label: 'cappedRestricted', view: { ...DEFAULT_VIEW, caps: 'restricted' } },
};

/** Of the view on screen what the tree itself doesn't know. */
type Look = Pick<ScreenView, 'columns' | 'saved'>;

/** What happens when somebody looks at the table in another way. */
export type LookActs = {
  /** Shows a whole view, whatever was searched for. */
  readonly show: (view: ScreenView, density: SavedView['density'] | null) => void;
  readonly turn: (layout: 'flat' | undefined) => void;
  readonly openDialog: (dialog: Dialog) => Promise<void>;
};

/** Views that people choose and keep, the columns, and whether there is a tree or one list: what stands above the toolbar (rules/screens 27–29). */
export class ListLooks {
  readonly #screen: ListHost;
  readonly #on: LookActs;
  readonly #looks = new WeakMap<TreeSession, Look>();
  #views: { readonly session: TreeSession; kept: readonly SavedView[]; source: ViewsSource | null } | null = null;
  #columns: ArrangedColumns | null = null;
  #columnsOf = '';
  #applied: AppliedBlueprints | null = null;
  /** Ends what the menu of a view does. */
  #opened = new AbortController();

  constructor(screen: ListHost, on: LookActs) {
    this.#screen = screen;
    this.#on = on;
  }

  /** Of the view on screen what the tree itself doesn't know. */
  get look(): Look {
    const { session } = this.#screen;
    if (!session) return {};
    const known = this.#looks.get(session);
    if (known) return known;
    const { columns, saved } = session.view;
    return { columns, saved };
  }

  /** Takes it from another view. */
  take({ columns, saved }: Look): void {
    const { session } = this.#screen;
    if (session) this.#looks.set(session, { columns, saved });
    this.#screen.requestUpdate();
  }

  /** Arranges the columns of the table as they are to be. */
  dress(): void {
    const { tree, session } = this.#screen;
    if (!tree) return;
    const { columns } = this.look;
    const layout = session?.store?.sought?.sort ? 'flat' : 'tree';
    const key = JSON.stringify([columns ?? null, layout]);
    // As long as nobody arranged any, the table has them as it has them.
    if (this.#columnsOf === '' && columns === undefined && layout === 'tree') return;
    if (this.#columnsOf !== key) {
      this.#columnsOf = key;
      this.#columns = new ArrangedColumns(this.#shown(layout), columns !== undefined, (id) => this.#applied?.of(id));
    }
    this.#follow();
    if (tree.columns === this.#columns || !tree.shadowRoot) return;
    const before = tree.columns instanceof ArrangedColumns ? tree.columns.sheet : null;
    const others = tree.shadowRoot.adoptedStyleSheets.filter((sheet) => sheet !== before);
    tree.shadowRoot.adoptedStyleSheets = [...others, ...(this.#columns ? [this.#columns.sheet] : [])];
    tree.columns = this.#columns;
  }

  /** Columns in their order. What blueprints set up is nothing of embedded screens (rules/screens 28). */
  #shown(layout = this.#layout): readonly ShownColumn[] {
    const shown = columnsShown(this.look.columns, layout);
    return this.#isEmbedded ? shown.filter(({ column }) => column !== 'blueprint') : shown;
  }

  get #isEmbedded(): boolean {
    return Boolean(this.#screen.session?.detail?.features);
  }

  /** Asks what set accounts up, as long as there is a column for it. */
  #follow(): void {
    const { session } = this.#screen;
    const followed = this.#shown().some(({ column }) => column === 'blueprint') ? session : null;
    if (this.#applied?.session === (followed ?? undefined)) return;
    this.#applied?.stop();
    const told = (): void => this.#screen.tree?.requestUpdate();
    this.#applied = followed?.store ? followApplied(followed, followed.store, told) : null;
  }

  /** Makes a column as wide as somebody wants it. */
  widen(cell: string, width: number): void {
    const shown = this.#shown();
    const wide = (one: ShownColumn): ShownColumn =>
      one.column === cell ? { column: one.column, width: widthWithin(width) } : one;
    if (shown.some(({ column }) => column === cell)) this.take({ ...this.look, columns: shown.map(wide) });
  }

  /** All of it: the views, what can be done with a changed one, tree or list, and the columns. */
  strip(): TemplateResult | null {
    const { session, texts } = this.#screen;
    if (!session?.store) return null;
    const { say } = texts;
    const kept = this.#keptOf(session);
    const chosen = this.look.saved ?? 'all';
    const own = kept.find(({ id }) => id === chosen);
    const isChanged = !this.#isAsKept(chosen, own);
    const names = [
      ...this.#offered().map((key) => [key, say(BUILT_IN[key]?.label ?? 'viewAll'), false] as const),
      ...kept.map(({ id, name, audience }) => [id, name, audience === 'account'] as const),
    ];
    return html`<div class="look-tabs" role="group" aria-label=${say('viewsLabel')}>${names.map(
      ([key, name, isShared]) =>
        html`<button class="tab" type="button" aria-pressed=${key === chosen} title=${isShared ? say('viewShared') : nothing} @click=${() => this.#choose(key)}><bdi>${name}</bdi>${key === chosen && isChanged ? html`<span class="changed" aria-hidden="true"></span><span class="hidden">${say('viewChanged')}</span>` : nothing}</button>`,
    )}</div>
      ${own && this.#mayChange(own) ? html`<button class="button plain" type="button" aria-haspopup="menu" aria-label=${say('viewMenu', { name: own.name })} @click=${(event: Event) => this.#openMenu(event, own)}>${icon(MORE)}</button>` : nothing}
      ${isChanged ? this.#changedActs(chosen, own) : nothing}
      <span class="space"></span>
      <div class="switcher" role="group" aria-label=${say('layoutLabel')}>${(['tree', 'flat'] as const).map(
        (layout) =>
          html`<button class="button" type="button" aria-pressed=${layout === this.#layout} @click=${() => this.#on.turn(layout === 'flat' ? layout : undefined)}>${say(layout === 'flat' ? 'layoutFlat' : 'layoutTree')}</button>`,
      )}</div>
      <button class="button columns" type="button" aria-haspopup="dialog" aria-label=${say('columnsLabel')} title=${say('columnsLabel')} @click=${() => void this.#arrange()}>${icon(SLIDERS)}<span class="words">${say('columns')}</span></button>`;
  }

  get #layout(): 'tree' | 'flat' {
    return this.#screen.session?.filters.layout ?? 'tree';
  }

  #changedActs(chosen: string, own: SavedView | undefined): TemplateResult {
    const { say } = this.#screen.texts;
    const maySave = Boolean(this.#views?.source);
    return html`<span class="changed-acts">
      ${own && this.#mayChange(own) ? html`<button class="link" type="button" @click=${() => void this.#save(own)}>${say('viewSave')}</button>` : nothing}
      ${maySave ? html`<button class="link" type="button" @click=${() => void this.#name(null)}>${say('viewSaveAs')}</button>` : nothing}
      <button class="link" type="button" @click=${() => this.#choose(chosen)}>${say('viewReset')}</button></span>`;
  }

  /** Whether whoever looks makes views for all: people who may manage what is listed. */
  get #mayShare(): boolean {
    return !this.#isEmbedded && this.#screen.allowed.has('create');
  }

  #mayChange({ audience }: Pick<SavedView, 'audience'>): boolean {
    return audience === 'private' || this.#mayShare;
  }

  /** Built-in views that ask for nothing that one may not see. */
  #offered(): string[] {
    const { session, allowed } = this.#screen;
    const levels = session?.detail?.levels;
    return Object.keys(BUILT_IN).filter(
      (key) =>
        ((key !== 'near' && key !== 'inactive') || levels?.['billing.usage'] !== 'none') &&
        (key !== 'restricted' || (allowed.has('open') && levels?.account !== 'none')),
    );
  }

  /** How the table is looked at now. */
  #present(session: TreeSession): ScreenView {
    const { order = DEFAULT_VIEW.order, status = DEFAULT_VIEW.status } = session.store ?? {};
    return { query: session.query.trim(), order, status, ...filtersIn(session.filters), ...this.look };
  }

  #isAsKept(chosen: string, own: SavedView | undefined): boolean {
    const { session, density } = this.#screen;
    const base = own ? { query: '', ...own.view } : BUILT_IN[chosen]?.view;
    // One that isn't there any more, or is somebody else's, is no view that could have been changed.
    if (!session || !base) return true;
    return isSameLook(this.#present(session), base) && (!own || own.density === density);
  }

  #choose(key: string): void {
    const own = this.#views?.kept.find(({ id }) => id === key);
    const view = own ? { query: '', ...own.view } : BUILT_IN[key]?.view;
    if (!view) return;
    this.#on.show({ ...view, saved: key === 'all' ? undefined : key }, own?.density ?? null);
  }

  /** The views that whoever looks keeps here; asked once. */
  #keptOf(session: TreeSession): readonly SavedView[] {
    if (this.#views?.session !== session) {
      this.#views = { session, kept: [], source: null };
      void this.#load(session);
    }
    return this.#views.kept;
  }

  async #load(session: TreeSession): Promise<void> {
    const { detail, source } = session;
    if (!detail) return;
    try {
      const { views } = await source.acts();
      const kept = await views.list(detail.id);
      if (this.#screen.session === session) this.#views = { session, kept, source: views };
      this.#screen.requestUpdate();
    } catch {
      // Who has none, such as a program, does without.
    }
  }

  /** Keeps what is on screen: under a name of its own, or as one that is there. */
  async #save(own: Pick<SavedView, 'name' | 'audience'> & { readonly id: RowId | null }): Promise<void> {
    const { session, density } = this.#screen;
    const source = this.#views?.source;
    if (!session?.detail || !source) return;
    const { query: _, saved: __, ...view } = this.#present(session);
    try {
      const { id: known, name, audience } = own;
      const id = await source.save(session.detail.id, { id: known, name, audience, view, density });
      await this.#load(session);
      this.take({ ...this.look, saved: id });
    } catch (error) {
      if (own.id === null) throw error;
      session.report(refusalFrom(error));
    }
  }

  /** Asks for a name: of a new view, or another one for a view that is there. */
  async #name(own: SavedView | null): Promise<void> {
    const { SamViewName } = await fetched(() => import('./looks-dialogs.ts'), 'SamViewName');
    define('sam-view-name', SamViewName);
    const keep = (name: string, audience: SavedView['audience']): Promise<void> =>
      own ? this.#rename(own, name) : this.#save({ id: null, name, audience });
    const audience = own?.audience ?? 'private';
    const maySay = own === null && this.#mayShare;
    await this.#on.openDialog(Object.assign(new SamViewName(), { was: own?.name ?? '', audience, maySay, keep }));
  }

  async #rename(own: SavedView, name: string): Promise<void> {
    const { session } = this.#screen;
    if (!session?.detail || !this.#views?.source) return;
    await this.#views.source.save(session.detail.id, { ...own, name });
    await this.#load(session);
  }

  async #remove({ id }: { readonly id: RowId }): Promise<void> {
    const { session } = this.#screen;
    if (!session?.detail || !this.#views?.source) return;
    try {
      await this.#views.source.remove(session.detail.id, id);
      await this.#load(session);
      this.take({ ...this.look, saved: undefined });
    } catch (error) {
      session.report(refusalFrom(error));
    }
  }

  #openMenu(event: Event, own: SavedView): void {
    const { currentTarget: opener } = event;
    const menu = this.#screen.renderRoot.querySelector<SamMenu>('.look-menu');
    if (!menu || !(opener instanceof HTMLElement)) return;
    const { say } = this.#screen.texts;
    menu.label = say('viewMenu', { name: own.name });
    menu.items = [
      { id: 'rename', label: say('viewRename') },
      { id: 'remove', label: say('viewRemove'), tone: 'danger' },
    ];
    // It may have been opened before for another view, and closed without a choice.
    this.#opened.abort();
    this.#opened = new AbortController();
    menu.addEventListener(
      'sam-choose',
      (chosen) => {
        if (!(chosen instanceof CustomEvent)) return;
        if (chosen.detail.id === 'rename') void this.#name(own);
        else void this.#remove(own);
      },
      { once: true, signal: this.#opened.signal },
    );
    void menu.openAt(opener, opener);
  }

  /** Asks which columns there are to be. */
  async #arrange(): Promise<void> {
    const { SamColumns } = await fetched(() => import('./looks-dialogs.ts'), 'SamColumns');
    define('sam-columns', SamColumns);
    const { blueprint, ...others } = COLUMN_KINDS;
    const labels = this.#isEmbedded ? others : { ...others, blueprint };
    const arrange = (columns: readonly ShownColumn[] | undefined): void => this.take({ ...this.look, columns });
    await this.#on.openDialog(Object.assign(new SamColumns(), { shown: this.#shown(), labels, arrange }));
  }
}
