import type { Plugin } from 'vite';

const NAMED = /(\S+) as (\S+)/;
/** `import { a as b } from "./file.js";` as the bundler writes it before it is minified. */
const IMPORTED = /^import \{([^}]*)\} from "\.\/([^"]+)";$/gm;
const EXPORTED = /^export \{([^}]*)\};$/m;

/** Pairs of names: how the file that has it calls a thing, and how the other one does. */
const pairs = (list: string): [string, string][] =>
  list.split(',').map((one) => {
    const [, a = one.trim(), b = one.trim()] = NAMED.exec(one) ?? [];
    return [a, b];
  });

/**
 * Late files don't import each other. Where one could not be fetched, it is fetched under another address (`fetched` of the client), and who
 * imported it under its own would go without for ever. What a late file has for others it puts into `late` of the first file, and they
 * take it from there: whoever asks for them has it already, because it asks from the file that they need.
 *
 * @param first name of the file that pages load
 */
export const lateFiles = (first: string): Plugin => ({
  name: 'late-files',
  renderChunk(code, chunk, _options, { chunks }) {
    if (chunk.isEntry) return null;
    const isLate = (file: string): boolean => file !== first;
    const needed = Object.values(chunks).some(({ isEntry, imports }) => !isEntry && imports.includes(chunk.fileName));
    let touched = false;
    let own = code.replace(IMPORTED, (whole, names: string, file: string) => {
      if (!isLate(file)) return whole;
      touched = true;
      const taken = pairs(names).map(([theirs, mine]) => `${theirs}: ${mine}`);
      return `const { ${taken.join(', ')} } = late$.files["${file}"];`;
    });
    if (needed) {
      const given = pairs(EXPORTED.exec(code)?.[1] ?? '').map(([mine, theirs]) => `${theirs}: ${mine}`);
      own += `\nlate$.files["${chunk.fileName}"] = { ${given.join(', ')} };\n`;
    }
    return touched || needed ? { code: `import { late as late$ } from "./${first}";\n${own}`, map: null } : null;
  },
});
