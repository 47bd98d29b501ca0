import fc from 'fast-check';
import { type LevelMap, mapPermissions } from '../src/permissions/levels.ts';
import { type Level, permission } from '../src/permissions/registry.ts';

/** For tests: any level that each permission knows. */
export const anyLevelMap: fc.Arbitrary<LevelMap> = fc.record(
  mapPermissions((key) => fc.constantFrom<Level>(...permission(key).levels)),
);
