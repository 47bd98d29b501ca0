// An earlier build, as it was committed, running on today's dependencies.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Unpacks folders of a commit beside this build.
 *
 * @param folders such as `packages/db`; they find each other as packages of their own time
 * @returns where they are, or null where the history doesn't hold the commit (a shallow clone)
 */
export function unpackBuild(commit: string, folders: readonly string[]): string | null {
  const build = join(ROOT, 'bench', '.tmp', commit);
  const missing = folders.filter((folder) => !existsSync(join(build, folder)));
  if (missing.length === 0) return build;
  mkdirSync(build, { recursive: true });
  try {
    const archive = execFileSync('git', ['archive', commit, 'tsconfig.base.json', ...missing], {
      cwd: ROOT,
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    execFileSync('tar', ['-x', '-C', build], { input: archive });
  } catch {
    for (const folder of missing) rmSync(join(build, folder), { recursive: true, force: true });
    return null;
  }
  for (const folder of missing) linkDependencies(build, folder, folders);
  return build;
}

/** Each package finds what it imports where the present one does, and the other packages of its own time. */
function linkDependencies(build: string, folder: string, folders: readonly string[]): void {
  const from = join(ROOT, folder, 'node_modules');
  const to = join(build, folder, 'node_modules');
  mkdirSync(join(to, '@tenantree'), { recursive: true });
  for (const entry of existsSync(from) ? readdirSync(from) : []) {
    if (entry === '@tenantree' || entry.startsWith('.')) continue;
    symlinkSync(join(from, entry), join(to, entry));
  }
  for (const other of folders) {
    if (other !== folder) symlinkSync(join(build, other), join(to, '@tenantree', basename(other)));
  }
}
