import { type AccountId, type Instant, instantOf, type Role, type RowId, type UserId } from '@tenantree/domain';
import { SourceRefusal } from '../src/index.ts';
import type { Member, MembersSource, OpenInvitation, People } from '../src/rooms.ts';

const BASE = instantOf(Date.UTC(2026, 10, 1));
const EXPIRES = instantOf(Date.UTC(2026, 11, 4, 12));

/** People of accounts in memory, who answer like the server does, one microtask later, and can be told to be away. */
export class MemoryMembers implements MembersSource {
  readonly #people = new Map<AccountId, { members: Member[]; invitations: OpenInvitation[] }>();
  #serial = 0;
  /** Every further call fails with this; null ends that. */
  refusal: SourceRefusal | null = null;

  /** Somebody is in an account. */
  join(account: AccountId, name: string, role: Role, lastActivity: Instant | null = null): UserId {
    const userId = name.toLowerCase().replaceAll(' ', '-') as UserId;
    const email = `${userId}@example.com`;
    this.#of(account).members.push({ userId, name, email, role, since: BASE, lastActivity });
    return userId;
  }

  list = (account: AccountId): Promise<People> => this.#answer(() => structuredClone(this.#of(account)));

  invite = (account: AccountId, email: string, role: Role): Promise<{ readonly link: string }> =>
    this.#answer(() => {
      if (!email.includes('@'))
        throw new SourceRefusal({ code: 'BAD_REQUEST', message: 'Give an e-mail address.', field: 'email' });
      const { invitations } = this.#of(account);
      const others = invitations.filter((one) => one.email !== email);
      const id = `i${++this.#serial}` as RowId;
      others.push({ id, email, role, expiresAt: EXPIRES, invitedBy: { name: 'Olivia Owner' } });
      invitations.splice(0, invitations.length, ...others);
      return { link: `https://accounts.example/invite/${id}` };
    });

  withdraw = (account: AccountId, id: RowId): Promise<void> =>
    this.#answer(() => {
      const { invitations } = this.#of(account);
      const at = invitations.findIndex((one) => one.id === id);
      if (at < 0)
        throw new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such open invitation.', field: 'id' });
      invitations.splice(at, 1);
    });

  setRole = (account: AccountId, user: UserId, role: Role): Promise<void> =>
    this.#answer(() => {
      const member = this.#member(account, user);
      if (member.role === role) throw new SourceRefusal({ code: 'ALREADY_IN_STATE', message: 'They have this role.' });
      this.#keepOwner(account, member);
      const { members } = this.#of(account);
      members.splice(members.indexOf(member), 1, { ...member, role });
    });

  remove = (account: AccountId, user: UserId): Promise<void> =>
    this.#answer(() => {
      const member = this.#member(account, user);
      this.#keepOwner(account, member);
      const { members } = this.#of(account);
      members.splice(members.indexOf(member), 1);
    });

  #of(account: AccountId): { members: Member[]; invitations: OpenInvitation[] } {
    const known = this.#people.get(account) ?? { members: [], invitations: [] };
    this.#people.set(account, known);
    return known;
  }

  #member(account: AccountId, user: UserId): Member {
    const found = this.#of(account).members.find(({ userId }) => userId === user);
    if (!found) throw new SourceRefusal({ code: 'NOT_FOUND', message: 'There is no such member.', field: 'userId' });
    return found;
  }

  #keepOwner(account: AccountId, { role }: Member): void {
    const owners = this.#of(account).members.filter((one) => one.role === 'owner');
    if (role === 'owner' && owners.length === 1)
      throw new SourceRefusal({ code: 'LAST_OWNER', message: 'An account keeps at least one owner.' });
  }

  async #answer<T>(answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    return answer();
  }
}
