// What is loaded with the first screen of permissions, or the first preset.
export { SamPermissions } from './sam-permissions.ts';
export { SamPresets } from './sam-presets.ts';
