// What control over subaccounts costs: permissions with their reasons, beside libraries that decide, and statements that anyone would write first;
// limits that hold, beside the locks and the insert that anyone would write first.
import { compareLimits } from './limits.ts';
import { comparePermissions } from './permissions.ts';

export async function run(): Promise<boolean> {
  const permissions = await comparePermissions();
  const limits = await compareLimits();
  return permissions && limits;
}
