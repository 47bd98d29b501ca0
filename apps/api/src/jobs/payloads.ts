import {
  type AccountId,
  type Instant,
  isId,
  type Level,
  PERMISSIONS,
  type PermissionKey,
  parseInstant,
} from '@tenantree/domain';
import { z } from 'zod';

// What payloads of jobs are made of, read again when they are worked on.

/** An account, by id. */
export const accountId = z.custom<AccountId>((value) => typeof value === 'string' && isId(value));

/** An ISO 8601 instant. */
export const instant = z.custom<Instant>((value) => typeof value === 'string' && parseInstant(value) !== null);

const permission = z.enum(PERMISSIONS.map(({ key }) => key) as [PermissionKey, ...PermissionKey[]]);
const level = z.enum(['none', 'read', 'limited', 'full'] satisfies Level[]);

/** Permissions by key. */
export const permissionKeys = z.array(permission);
/** Levels by permission. */
export const someLevels = z.partialRecord(permission, level);
/** Levels by permission; null: undecided. */
export const wishedLevels = z.partialRecord(permission, level.nullable());
