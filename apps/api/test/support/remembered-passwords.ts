import { ARGON2, type Passwords } from '../../src/auth/passwords.ts';

const hashes = new Map<string, Promise<string>>();
const answers = new Map<string, Promise<boolean>>();

function kept<T>(known: Map<string, Promise<T>>, asked: string, work: () => Promise<T>): Promise<T> {
  const before = known.get(asked);
  if (before) return before;
  const answer = work();
  known.set(asked, answer);
  return answer;
}

/** What the server does with passwords, each of them once in a worker: everybody in tests has the same one, and a hash costs as much as ten calls. */
export const REMEMBERED: Passwords = {
  hash: (password) => kept(hashes, password, () => ARGON2.hash(password)),
  isStored: (stored, password) => kept(answers, `${stored} ${password}`, () => ARGON2.isStored(stored, password)),
};
