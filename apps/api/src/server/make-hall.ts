import { randomBytes } from 'node:crypto';
import type { Database, UsageStore } from '@tenantree/db';
import type { Clock } from '@tenantree/domain';
import type { Announce, Hall, Settings, UsageDoor } from '../hall/hall.ts';
import { createIds } from '../hall/id-source.ts';
import type { Config } from './config.ts';

const SECRET_BYTES = 32;

export type HallParts = {
  readonly config: Pick<
    Config,
    | 'maxDepth'
    | 'mainAccountsBy'
    | 'usageMaxAgeDays'
    | 'usageRetentionDays'
    | 'closedRetentionDays'
    | 'liveResumeMinutes'
    | 'secret'
  >;
  readonly db: Database;
  readonly usage: UsageStore;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly usageDoor: UsageDoor;
  /** Asked every time: with PORT=0 the address is known only when the server listens. */
  readonly publicUrl: () => string;
};

/** The same, when the transaction of what is told is committed: a call may keep it open for its answer. */
const afterCommit =
  <Told extends readonly unknown[]>(db: Database, tell: (...told: Told) => void) =>
  (...told: Told): void =>
    db.afterCommit(() => tell(...told));

/** What every slice is given, with the system's randomness. */
export function makeHall({ config, db, usage, clock, announce, usageDoor, publicUrl }: HallParts): Hall {
  const settings: Settings = {
    maxDepth: config.maxDepth,
    mainAccountsBy: config.mainAccountsBy,
    usageMaxAgeDays: config.usageMaxAgeDays,
    usageRetentionDays: config.usageRetentionDays,
    closedRetentionDays: config.closedRetentionDays,
    liveResumeMinutes: config.liveResumeMinutes,
    secret: config.secret,
    get publicUrl() {
      return publicUrl();
    },
  };
  return {
    db,
    usage,
    clock,
    settings,
    announce: {
      accounts: afterCommit(db, (change) => announce.accounts(change)),
      access: afterCommit(db, (change) => announce.access(change)),
    },
    usageDoor: { ...usageDoor, recorded: afterCommit(db, () => usageDoor.recorded()) },
    newId: createIds(clock),
    newSecret: () => randomBytes(SECRET_BYTES).toString('base64url'),
  };
}
