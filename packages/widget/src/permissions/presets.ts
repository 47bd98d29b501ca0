// What is loaded with the first preset, for one account or many.
export { SamBulkPreset } from './sam-bulk-preset.ts';
export { SamPresets } from './sam-presets.ts';
