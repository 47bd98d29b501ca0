// What opens with the first account: its element, and where that gets what it shows.
export { accountDetailFrom } from './account-source.ts';
export { SamAccount } from './sam-account.ts';
