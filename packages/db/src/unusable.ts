/** The database can't be used, for a reason that whoever runs it can do something about. The message says it all. */
export class DatabaseUnusableError extends Error {
  override readonly name = 'DatabaseUnusableError';
}

/** What an error says, and nothing of where it was thrown. */
export const saying = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Nobody answers at the database's address. */
export const unreachable = (error: unknown): DatabaseUnusableError =>
  new DatabaseUnusableError(`The database can’t be reached: ${saying(error)}`);

/** Whether PostgreSQL refused because a right is missing. */
export const isForbidden = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === '42501';
