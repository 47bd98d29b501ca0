import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const FOREIGN = new Set(['node_modules', 'dist', '.git', '.turbo', '.data', '.tmp', '.vite']);

/**
 * Files below a folder that are ours, relative to it, with forward slashes.
 * @param {string} root
 * @param {RegExp} pattern of the whole relative path
 * @returns {string[]}
 */
export function listSourceFiles(root, pattern) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !FOREIGN.has(entry.name)) walk(path);
      else if (entry.isFile() && pattern.test(path)) found.push(path);
    }
  };
  walk('');
  return found.toSorted();
}
