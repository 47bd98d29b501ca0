// Dependency direction: fails with the rule as its message when a file imports what it must not know.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

if (import.meta.main) {
  const files = listSourceFiles(root, /^(apps|packages|examples)\/.+\.tsx?$/);
  const refused = files.flatMap((file) => checkSource(file, readFileSync(join(root, file), 'utf8')));
  if (refused.length > 0) {
    console.error(`${refused.join('\n')}\n${RULE}`);
    process.exitCode = 1;
  }
}
