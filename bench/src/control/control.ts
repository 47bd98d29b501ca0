// What control over subaccounts costs: permissions with their reasons, beside libraries that decide, and statements that anyone would write first.
import { comparePermissions } from './permissions.ts';

export const run = (): Promise<boolean> => comparePermissions();
