import { type AccountId, isId, isRecord, type Levels } from '@tenantree/domain';
import type { SupposedCaps } from './ports.ts';

/** How many streams would be cut, and whether every server has said so in time. */
export type StreamCuts = { readonly cut: number; readonly complete: boolean };

/** What servers ask each other, and answer. */
export type CutQuestion = { readonly id: string; readonly account: AccountId; readonly caps: Levels };
export type CutAnswer = { readonly id: string; readonly cut: number };

type Options = {
  /** Sends to the other servers. */
  readonly tell: (what: { readonly asks: CutQuestion } | { readonly answers: CutAnswer }) => void;
  /** How many servers live, this one among them. */
  readonly servers: () => Promise<number>;
  /** How many streams of this server would be cut. */
  readonly count: (supposed: SupposedCaps) => number;
  readonly newId: () => string;
};

/** Longest that other servers are waited for: one that says nothing until then is dead, or too busy to be true. */
const WAIT_MS = 500;

/** Counts the streams of all servers that other caps of an account would cut: each counts its own, when one of them asks. */
export class CutCount {
  readonly #options: Options;
  readonly #waiting = new Map<string, (answer: CutAnswer) => void>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Asks all. Resolves when everybody has answered, at the latest after half a second. */
  async ask(supposed: SupposedCaps): Promise<StreamCuts> {
    const { tell, servers, count, newId } = this.#options;
    const others = (await servers()) - 1;
    let cut = count(supposed);
    if (others <= 0) return { cut, complete: true };
    const id = newId();
    let answered = 0;
    const all = Promise.withResolvers<void>();
    const patience = setTimeout(all.resolve, WAIT_MS);
    this.#waiting.set(id, (answer) => {
      cut += answer.cut;
      answered += 1;
      if (answered >= others) all.resolve();
    });
    tell({ asks: { id, ...supposed } });
    await all.promise;
    clearTimeout(patience);
    this.#waiting.delete(id);
    return { cut, complete: answered >= others };
  }

  /** Another server asks. */
  asked({ id, ...supposed }: CutQuestion): void {
    this.#options.tell({ answers: { id, cut: this.#options.count(supposed) } });
  }

  /** Another server answers what one has asked. */
  answered(answer: CutAnswer): void {
    this.#waiting.get(answer.id)?.(answer);
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

/** Reads a question; undefined when it is none. */
export function readQuestion(value: unknown): CutQuestion | undefined {
  if (!isRecord(value)) return undefined;
  const { id, account, caps } = value;
  if (typeof id !== 'string' || typeof account !== 'string' || !isId(account) || !Array.isArray(caps)) return undefined;
  return caps.every(isCount) ? { id, account: account as AccountId, caps } : undefined;
}

/** Reads an answer; undefined when it is none. */
export function readAnswer(value: unknown): CutAnswer | undefined {
  if (!isRecord(value)) return undefined;
  const { id, cut } = value;
  return typeof id === 'string' && isCount(cut) && cut >= 0 ? { id, cut } : undefined;
}
