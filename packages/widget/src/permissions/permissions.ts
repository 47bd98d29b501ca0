// What is loaded with the first screen of permissions, or the first preset for many.
export { SamBulkPreset } from './sam-bulk-preset.ts';
export { SamPermissions } from './sam-permissions.ts';
