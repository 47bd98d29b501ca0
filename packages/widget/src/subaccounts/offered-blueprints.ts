import type { RowId } from '@tenantree/domain';
import type { OfferedBlueprint } from '../data/account-source.ts';
import type { ListHost } from './list-host.ts';
import type { TreeSession } from './tree-session.ts';

/** Blueprints that the table can be kept to: those that are offered in the account. Asked once a visit, when they are wanted. */
export class OfferedBlueprints {
  readonly #screen: ListHost;
  #of: TreeSession | null = null;
  #asked: Promise<readonly OfferedBlueprint[]> | null = null;
  #known: readonly OfferedBlueprint[] = [];

  constructor(screen: ListHost) {
    this.#screen = screen;
  }

  /** None in embedded screens, which know nothing of blueprints (rules/blueprints 6), and for who may not see them. */
  list(): Promise<readonly OfferedBlueprint[]> {
    const { session } = this.#screen;
    if (!this.#asked || this.#of !== session) {
      this.#of = session;
      this.#known = [];
      this.#asked = this.#ask(session);
    }
    return this.#asked;
  }

  /** What one is called; its id, until that is known. */
  nameOf(id: RowId): string {
    void this.list();
    return this.#known.find((one) => one.id === id)?.name ?? id;
  }

  async #ask(session: TreeSession | null): Promise<readonly OfferedBlueprint[]> {
    const { detail } = session ?? {};
    if (!session || !detail || detail.features) return [];
    const acts = await session.source.acts();
    const offered = await acts.blueprints(detail.id).catch(() => []);
    if (this.#of === session) this.#known = offered;
    this.#screen.requestUpdate();
    return offered;
  }
}
