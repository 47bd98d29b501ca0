// Dependency direction: fails with the rule as its message when a file imports what it must not know, or files import each other in a circle.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { RULE, refuseImport } from './dependency-rules.mjs';
import { root } from './launch.mjs';
import { listSourceFiles } from './source-files.mjs';

/**
 * Every module that a source file names: imports, re-exports, dynamic imports and `import('…').Type`.
 * @param {string} file
 * @param {string} source
 * @returns {import('./dependency-rules.mjs').Import[]}
 */
export function readImports(file, source) {
  const { module, program } = parseSync(file, source);
  const found = [];
  for (const { moduleRequest, entries } of module.staticImports) {
    const typeOnly = entries.length > 0 && entries.every((entry) => entry.isType);
    found.push({ file, specifier: moduleRequest.value, typeOnly });
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType } of entries) {
      if (moduleRequest !== null) found.push({ file, specifier: moduleRequest.value, typeOnly: isType });
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const [, specifier] = /^['"`]([^'"`$]+)['"`]$/.exec(source.slice(moduleRequest.start, moduleRequest.end)) ?? [];
    if (specifier !== undefined) found.push({ file, specifier, typeOnly: false });
  }
  if (source.includes('import('))
    collectTypeQueries(program, (specifier) => found.push({ file, specifier, typeOnly: true }));
  return found;
}

/**
 * @param {unknown} node
 * @param {(specifier: string) => void} report
 */
function collectTypeQueries(node, report) {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && node.type === 'TSImportType' && 'source' in node) {
    const source = /** @type {{ value?: unknown }} */ (node.source);
    if (typeof source.value === 'string') report(source.value);
  }
  for (const child of Object.values(node)) collectTypeQueries(child, report);
}

/**
 * @param {string} file
 * @param {string} source
 * @returns {string[]} one line for each refused import
 */
export function checkSource(file, source) {
  const lines = new Set();
  for (const found of readImports(file, source)) {
    const reason = refuseImport(found);
    if (reason !== undefined) lines.add(`${file}: ${reason}`);
  }
  return [...lines];
}

/**
 * The first circle of files that is found from each file, type imports counted: files of one are one idea, or point the wrong way.
 * @param {ReadonlyMap<string, string>} sources by file
 * @returns {string[]} one line for each circle
 */
export function findCircles(sources) {
  const targets = new Map([...sources].map(([file, source]) => [file, localImports(file, source, sources)]));
  /** @type {Map<string, 'open' | 'done'>} */
  const seen = new Map();
  /** @type {string[]} */
  const way = [];
  /** @type {string[]} */
  const circles = [];
  /** @param {string} file */
  const visit = (file) => {
    if (seen.get(file) === 'open') circles.push([...way.slice(way.indexOf(file)), file].join(' → '));
    if (seen.has(file)) return;
    seen.set(file, 'open');
    way.push(file);
    for (const target of targets.get(file) ?? []) visit(target);
    way.pop();
    seen.set(file, 'done');
  };
  for (const file of sources.keys()) visit(file);
  return circles;
}

/**
 * @param {string} file
 * @param {string} source
 * @param {ReadonlyMap<string, string>} sources
 */
const localImports = (file, source, sources) =>
  readImports(file, source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.normalize(posix.join(posix.dirname(file), specifier)))
    .filter((target) => sources.has(target));

if (import.meta.main) {
  const files = listSourceFiles(root, /^(apps|packages|examples)\/.+\.tsx?$/);
  const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const refused = [...sources].flatMap(([file, source]) => checkSource(file, source));
  refused.push(...findCircles(sources).map((circle) => `a circle: ${circle}`));
  if (refused.length > 0) {
    console.error(`${refused.join('\n')}\n${RULE}`);
    process.exitCode = 1;
  }
}
