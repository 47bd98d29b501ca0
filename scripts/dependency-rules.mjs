// Who may import whom (docs/architecture.md). One pure function decides about one import.
import { posix } from 'node:path';

/** What a refused import is told. */
export const RULE =
  'domain ← contract ← api; domain ← db ← api; contract (its types only) ← client ← widget ← web. Never upward, never sideways ' +
  'between slices of api except through domain and the shared hall (context, guard, live, wire); nobody but the ' +
  'program imports server. No circles, type imports counted.';

/**
 * @typedef {object} Import
 * @property {string} file importing file, relative to the root, with forward slashes
 * @property {string} specifier what the import names
 * @property {boolean} typeOnly erased at build
 */

/** @typedef {'domain' | 'contract' | 'db' | 'api' | 'client' | 'widget' | 'web' | 'example'} Layer */

/** @type {Record<Layer, Layer[]>} layers below, whose values may be imported */
const BELOW = {
  domain: [],
  contract: ['domain'],
  db: ['domain'],
  api: ['db', 'contract', 'domain'],
  client: ['contract', 'domain'],
  widget: ['client', 'contract', 'domain'],
  web: ['widget', 'client', 'contract', 'domain'],
  example: ['client', 'domain'],
};

/** Layers that are bundled for browsers: of the contract they know the types, and carry no schema along. */
const BROWSER_LAYERS = new Set(['client', 'widget', 'web']);

/** The part of the domain that describes documents by schemas; browsers know its types, and are sent the schemas as data. */
const PRODUCTS = 'packages/domain/src/products/';

/** Tests of these run the real server, or the real client against it. */
const TESTED_AGAINST = new Map([
  ['client', ['api', 'db']],
  ['widget', ['api', 'db']],
  ['web', ['api', 'db']],
  ['api', ['client']],
  ['example', ['api', 'db']],
]);

/** Packages that know SQL. */
const DATABASE_PACKAGES = new Set(['kysely', 'pg', 'pg-copy-streams', 'postgres']);

/** Folders of apps/api/src that are the shared hall; every other folder is a slice. */
const HALL = new Set(['auth', 'context', 'guard', 'hall', 'jobs', 'live', 'mail', 'payments', 'server', 'wire']);

/** Hall folders that put the house together and therefore know the slices. */
const COMPOSERS = new Set(['jobs', 'server']);

/** A slice whose rules are those of other slices, put together: what a blueprint sets up is set as they set it. */
const MADE_OF = new Map([['blueprints', new Set(['billing', 'limits', 'permissions', 'products'])]]);

/** Rooms that only what puts the house together may enter, and those who stand further in than the wire, which brings calls to them. */
const BEHIND_THE_WIRE = new Set(['auth', 'context', 'guard', 'hall', 'live', 'mail', 'payments']);

/**
 * @param {Import} found
 * @returns {string | undefined} why the import is refused
 */
export function refuseImport(found) {
  const layer = layerOf(found.file);
  if (layer === undefined) return undefined;
  const test = isTest(found.file);
  const { specifier } = found;
  if (specifier.startsWith('.')) return refuseRelative(found, layer, test);
  if (specifier.startsWith('@tenantree/')) return refusePackage(found, layer, test);
  if (test) return undefined;
  if (specifier.startsWith('node:') && BROWSER_LAYERS.has(layer))
    return `${layer} runs in browsers and can't import ${specifier}`;
  if (layer === 'domain' && specifier === 'zod' && found.file.startsWith(PRODUCTS)) return undefined;
  if (layer === 'domain') return `domain has no dependencies and can't import ${specifier}`;
  if (layer === 'contract' && specifier !== 'zod') return `contract knows domain and zod and can't import ${specifier}`;
  if (DATABASE_PACKAGES.has(packageOf(specifier)) && layer !== 'db')
    return `SQL lives in db; ${layer} can't import ${specifier}`;
  return undefined;
}

/**
 * @param {Import} found
 * @param {Layer} layer
 * @param {boolean} test
 */
function refusePackage(found, layer, test) {
  const target = /** @type {Layer} */ (found.specifier.split('/')[1]);
  const carriesSchemas = target === 'contract' || found.specifier === '@tenantree/domain/products';
  if (carriesSchemas && BROWSER_LAYERS.has(layer) && !found.typeOnly && !test)
    return `${layer} knows only the types of ${target === 'contract' ? 'the contract' : 'products'}`;
  if (target === layer || BELOW[layer].includes(target)) return undefined;
  if (test && TESTED_AGAINST.get(layer)?.includes(target)) return undefined;
  return `${layer} can't import ${target}`;
}

/**
 * @param {Import} found
 * @param {Layer} layer
 * @param {boolean} test
 */
function refuseRelative(found, layer, test) {
  const target = posix.normalize(posix.join(posix.dirname(found.file), found.specifier));
  if (layerOf(target) !== layer)
    return layer === 'example' || test ? undefined : `packages are imported by name, not by path (${found.specifier})`;
  if (isTest(target) && !test) return `the product can't import its tests (${found.specifier})`;
  return layer === 'api' && !test ? refuseSideways(found.file, target) : undefined;
}

/**
 * @param {string} file
 * @param {string} target
 */
function refuseSideways(file, target) {
  const from = roomOf(file);
  const to = roomOf(target);
  if (to === undefined || from === to) return undefined;
  if (to === 'server' && from !== undefined) return `only the program imports server; ${from} can't`;
  if (to === 'wire' && from !== undefined && BEHIND_THE_WIRE.has(from))
    return `the wire brings calls to ${from}, which can't import it`;
  if (HALL.has(to)) return undefined;
  if (from === undefined || COMPOSERS.has(from)) return undefined; // files beside the rooms put the house together
  if (MADE_OF.get(from)?.has(to)) return undefined;
  return HALL.has(from) ? `the hall (${from}) can't import the slice ${to}` : `slice ${from} can't import slice ${to}`;
}

/**
 * Folder below apps/api/src, or nothing for the files beside the folders.
 * @param {string} path
 */
function roomOf(path) {
  const [, room, rest] = /^apps\/api\/src\/([^/]+)\/(.+)$/.exec(path) ?? [];
  return rest === undefined ? undefined : room;
}

/**
 * @param {string} path
 * @returns {Layer | undefined}
 */
function layerOf(path) {
  const [area, name] = path.split('/');
  if (area === 'examples') return 'example';
  if (area !== 'apps' && area !== 'packages') return undefined;
  if (path.endsWith('.config.ts')) return undefined; // how a package is built is not part of it
  return name !== undefined && Object.hasOwn(BELOW, name) ? /** @type {Layer} */ (name) : undefined;
}

/** @param {string} path */
function isTest(path) {
  return /\.test\.tsx?$/.test(path) || /^(apps|packages|examples)\/[^/]+\/test\//.test(path);
}

/** @param {string} specifier */
function packageOf(specifier) {
  const [scope = '', name] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}
