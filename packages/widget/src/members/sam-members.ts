import { type AccountId, highestRole, ROLES, type Role, ranksAbove, type UserId } from '@tenantree/domain';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type AccountDetail, refusalFrom, type SourceRefusal } from '../data/account-source.ts';
import { emit } from '../events.ts';
import { absent } from '../parts/absent.ts';
import { cardStyles } from '../parts/card-styles.ts';
import { controlStyles } from '../parts/control-styles.ts';
import { define } from '../parts/define.ts';
import { Dialogs } from '../parts/dialogs.ts';
import { errorLine } from '../parts/error-line.ts';
import { formStyles } from '../parts/form-styles.ts';
import { Loading } from '../parts/loading.ts';
import { partsTexts } from '../parts/parts-texts.ts';
import { SamConfirm } from '../parts/sam-confirm.ts';
import { SamTable } from '../parts/sam-table.ts';
import { selectField } from '../parts/select-field.ts';
import { defaultTexts, type Texts } from '../strings/texts.ts';
import type { MembersSource, People } from './members-source.ts';
import { membersStyles } from './members-styles.ts';
import { type MembersView, membersTable, noOwnerWords } from './members-table.ts';
import { membersTexts } from './members-texts.ts';

/** Who looks at an account's members: a person, or an embedded screen, which is none. */
export type MembersViewer = {
  readonly user: UserId | null;
  /** The highest role that they have here from the accounts at and above this one; null: only what membership here gives. */
  readonly role: Role | null;
};

const NOBODY: MembersViewer = { user: null, role: null };

/**
 * The members of an account: who is in, who is invited, their roles, and when they last did something.
 *
 * @fires sam-change - somebody was invited, given another role or taken out
 */
export class SamMembers extends LitElement {
  static override properties = {
    source: { attribute: false },
    account: { attribute: false },
    viewer: { attribute: false },
    texts: { attribute: false },
    access: {},
    people: { state: true },
    failure: { state: true },
    refusal: { state: true },
    inviteRole: { state: true },
    invited: { state: true },
    copied: { state: true },
    busy: { state: true },
  };
  static override styles = [controlStyles, formStyles, cardStyles, membersStyles];

  /** Where people come from. */
  declare source: MembersSource | null;
  /** Whose members are shown; another one starts anew. */
  declare account: AccountDetail | null;
  declare viewer: MembersViewer;
  declare texts: Texts;
  /** `readOnly`: nothing is offered that changes anything, whatever the levels allow. */
  declare access: 'full' | 'readOnly';
  declare protected people: People | null;
  /** Why there is nothing to show. */
  declare protected failure: SourceRefusal | null;
  /** Why the invitation was refused. */
  declare protected refusal: SourceRefusal | null;
  declare protected inviteRole: Role | null;
  declare protected invited: { readonly link: string; readonly email: string } | null;
  declare protected copied: 'idle' | 'copied' | 'selected';
  declare protected busy: boolean;
  readonly #loading = new Loading<MembersSource, People>(this, {
    wanted: () => (this.source && this.account ? { source: this.source, account: this.account.id } : null),
    ask: ({ source, account }, signal) => source.list(account, signal),
    show: (people) => {
      this.people = people;
      this.failure = null;
    },
    fail: (refusal) => {
      this.failure = refusal;
    },
    forget: () => this.#forget(),
  });
  readonly #dialogs = new Dialogs(() => this.renderRoot.querySelector('.members') ?? this.renderRoot);

  constructor() {
    super();
    define('sam-table', SamTable);
    define('sam-confirm', SamConfirm);
    this.source = null;
    this.account = null;
    this.viewer = NOBODY;
    this.texts = defaultTexts();
    this.access = 'full';
    this.refusal = null;
    this.inviteRole = null;
    this.copied = 'idle';
    this.busy = false;
    this.#forget();
  }

  /** Loads the members again; they stay on screen until the answer comes. */
  refresh(): Promise<void> {
    return this.#loading.again();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('texts')) this.texts.complete({ ...partsTexts, ...membersTexts });
  }

  protected override render(): TemplateResult {
    const { people, account } = this;
    return html`<div class="members">
      ${account && this.#view(account).rights === 'change' ? this.#invite(account) : nothing}
      ${this.invited ? this.#secret(this.invited) : nothing}
      <div class="card" tabindex="-1" part="card">${people && account ? this.#people(people, account) : absent(this.failure, this.texts, () => void this.#loading.begin())}</div>
    </div>`;
  }

  #forget(): void {
    this.people = null;
    this.failure = null;
    this.invited = null;
  }

  #people(people: People, account: AccountDetail): TemplateResult {
    const view = this.#view(account);
    const words = noOwnerWords(people, view, this.texts);
    const isEmpty = people.members.length + people.invitations.length === 0;
    const table = membersTable(people, view, this.texts, {
      setRole: (user, name, role) => this.#askRole(account, user, name, role),
      remove: (user, name) => this.#askRemove(account, user, name),
      withdraw: (id, email) =>
        this.#ask(
          {
            title: this.texts.say('memberWithdrawTitle', { email }),
            text: this.texts.say('memberWithdrawText'),
            submit: this.texts.say('memberWithdrawSubmit'),
          },
          'danger',
          (source) => source.withdraw(account.id, id),
        ),
    });
    return html`${words === '' ? nothing : html`<p>${words}</p>`}${isEmpty ? nothing : html`<sam-table exportparts="button" .table=${table}></sam-table>`}`;
  }

  /** What whoever looks may see and do. Nobody gives or changes a role above their own (rules/people 1), which may come from an account above. */
  #view(account: AccountDetail): MembersView {
    const { viewer, people } = this;
    const own = people?.members.filter(({ userId }) => userId === viewer.user).map(({ role }) => role) ?? [];
    const rank = highestRole([...own, ...(viewer.role ? [viewer.role] : [])]);
    const mayChange = this.access === 'full' && account.levels['account.members'] === 'full';
    return {
      user: viewer.user,
      rights: mayChange ? 'change' : 'read',
      roles: ROLES.filter((role) => rank !== null && !ranksAbove(role, rank)),
    };
  }

  #invite(account: AccountDetail): TemplateResult {
    const { say } = this.texts;
    const { roles } = this.#view(account);
    const refused = this.refusal?.field === 'email' ? this.refusal.message : '';
    const role = this.#roleToInvite(account);
    return html`<form class="card" novalidate @submit=${(event: Event) => void this.#sendInvitation(event, account.id, role)}>
      <div class="row email"><label for="email">${say('inviteEmail')}</label>
        <div class="field ${refused === '' ? '' : 'invalid'}"><input id="email" name="email" inputmode="email" autocomplete="off" spellcheck="false" required aria-invalid=${refused === '' ? nothing : 'true'} aria-describedby=${refused === '' ? nothing : 'email-error'} /></div>
        ${refused === '' ? nothing : errorLine(refused, 'email-error')}</div>
      <div class="row"><label for="role">${say('memberRole')}</label>${selectField({ id: 'role', label: say('inviteRole'), options: roles.map((value) => ({ value, label: say(`role_${value}`) })), chosen: role, choose: this.#chooseRole })}</div>
      <button class="button primary" type="submit" ?disabled=${this.busy}>${say(this.busy ? 'inviting' : 'inviteSubmit')}</button>
      <details><summary>${say('rolesTitle')}</summary><dl>${ROLES.map((one) => html`<dt>${say(`role_${one}`)}</dt><dd>${say(`role_${one}_text`)}</dd>`)}</dl></details>
      ${this.refusal && refused === '' ? errorLine(this.refusal.message) : nothing}
    </form>`;
  }

  /** A subaccount begins without anybody (rules/people 4): the first who is invited answers for it. */
  #roleToInvite(account: AccountDetail): Role {
    const { roles } = this.#view(account);
    const chosen = this.inviteRole;
    if (chosen && roles.includes(chosen)) return chosen;
    const { people } = this;
    const hasOwner = !people || [...people.members, ...people.invitations].some(({ role }) => role === 'owner');
    return !hasOwner && roles.includes('owner') ? 'owner' : 'member';
  }

  readonly #chooseRole = (role: Role): void => {
    this.inviteRole = role;
  };

  async #sendInvitation(event: Event, account: AccountId, role: Role): Promise<void> {
    event.preventDefault();
    const { source, account: detail } = this;
    const field = this.renderRoot.querySelector<HTMLInputElement>('#email');
    if (!source || !field || this.busy) return;
    const email = field.value.trim();
    this.busy = true;
    this.refusal = null;
    try {
      const { link } = await source.invite(account, email, role);
      this.invited = { link, email };
      this.copied = 'idle';
      field.value = '';
      if (detail) emit(this, 'sam-change', { account: detail });
      void this.refresh();
    } catch (error) {
      this.refusal = refusalFrom(error);
      field.focus();
    } finally {
      this.busy = false;
    }
  }

  #secret({ link, email }: { readonly link: string; readonly email: string }): TemplateResult {
    const { say } = this.texts;
    const words = say(
      ({ idle: 'inviteCopy', copied: 'inviteCopied', selected: 'inviteSelected' } as const)[this.copied],
    );
    return html`<div class="secret" role="status"><strong>${say('inviteLink', { email })}</strong><code>${link}</code>
      <button class="button" type="button" @click=${() => void this.#copy(link)}>${words}</button></div>`;
  }

  /** Copies the link. Where the browser lets no page do so, such as over plain http, it is selected to be copied by hand. */
  async #copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.copied = 'copied';
    } catch {
      const code = this.renderRoot.querySelector('.secret code');
      if (code) getSelection()?.selectAllChildren(code);
      this.copied = 'selected';
    }
  }

  /** Asked first: with arrow keys one walks through the roles, and each of them is felt at once. */
  #askRole(account: AccountDetail, user: UserId, person: string, chosen: Role): void {
    const { say } = this.texts;
    const role = say(`role_${chosen}`);
    const values = { account: account.name, name: person, role, summary: say(`role_${chosen}_text`) };
    const isMine = user === this.viewer.user;
    const question = isMine
      ? {
          title: say('memberMyRoleTitle', values),
          text: say('memberMyRoleText', values),
          submit: say('memberMyRoleSubmit', values),
        }
      : {
          title: say('memberRoleTitle', values),
          text: say('memberRoleText', values),
          submit: say('memberRoleSubmit', values),
        };
    this.#ask(question, isMine ? 'danger' : 'primary', (source) => source.setRole(account.id, user, chosen));
  }

  #askRemove(account: AccountDetail, user: UserId, person: string): void {
    const { say } = this.texts;
    const values = { account: account.name, name: person };
    const question =
      user === this.viewer.user
        ? {
            title: say('memberLeaveTitle', values),
            text: say('memberLeaveText'),
            submit: say('memberLeaveSubmit', values),
          }
        : {
            title: say('memberRemoveTitle', values),
            text: say('memberRemoveText', values),
            submit: say('memberRemoveName', values),
          };
    this.#ask(question, 'danger', (source) => source.remove(account.id, user));
  }

  /** Asks, and does it when the answer is yes; the list is read again, and whoever had the focus of what is gone has the list's. */
  #ask(
    question: SamConfirm['question'],
    tone: SamConfirm['tone'],
    run: (source: MembersSource) => Promise<void>,
  ): void {
    const { source, texts } = this;
    if (!source) return;
    const act = async (): Promise<void> => {
      await run(source);
      if (this.account) emit(this, 'sam-change', { account: this.account });
      await this.refresh();
    };
    const dialog = Object.assign(new SamConfirm(), { texts, question, tone, act });
    void this.#open(dialog);
  }

  async #open(dialog: SamConfirm): Promise<void> {
    await this.#dialogs.open(dialog);
    await this.updateComplete;
    if (document.activeElement === document.body)
      this.renderRoot.querySelector<HTMLElement>('.members > .card[tabindex]')?.focus();
  }
}
