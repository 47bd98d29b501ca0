import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ESTree, type Plugin, parseSync, Visitor } from 'vite';
import { compressed } from '../../scripts/compressed.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const read = (file: string): string => readFileSync(file, 'utf8');
const TOKENS_FILE = path('src/tokens/tokens.ts');

/** Files that make up the first one: the entry and all that is imported from there, not what is loaded later. */
function firstFiles(file: string, files = new Set<string>()): ReadonlySet<string> {
  if (files.has(file)) return files;
  files.add(file);
  for (const { moduleRequest, entries } of parseSync(file, read(file)).module.staticImports) {
    const isType = entries.length > 0 && entries.every((entry) => entry.isType);
    if (!isType && moduleRequest.value.startsWith('.')) firstFiles(resolve(file, '..', moduleRequest.value), files);
  }
  return files;
}

const first = firstFiles(path('src/manager/entry.ts'));
const usedIn = (files: Iterable<string>): ReadonlySet<string> =>
  new Set([...files].flatMap((file) => read(file).match(/(?<=var\()--sam-[\w-]+/g) ?? []));
const usedFirst = usedIn(first);
const usedLater = usedIn(globSync(path('src/**/*.ts')).filter((file) => !first.has(file)));
const declared = [...read(TOKENS_FILE).matchAll(/^ *(--sam-[\w-]+): ([^;]+);/gm)].map((match) => match.slice(1));
const isOneValue = (token = ''): boolean => declared.filter(([name]) => name === token).length === 1;
/** Tokens that only later files use: they bring the value along, for hosts that set no other. */
const later = new Map(
  declared.flatMap(([token = '', value = '']) =>
    !usedFirst.has(token) && isOneValue(token) ? [[token, value] as const] : [],
  ),
);
/** Tokens that only the web app uses stay out of the widget. */
const isListed = (token: string): boolean => usedFirst.has(token) || (usedLater.has(token) && !later.has(token));

const tight = (text: string): string => text.replace(/\s*\n\s*/g, ' ').replace(/ {2,}/g, ' ');
/** Lines end between elements that flex and grid lay out: there white space shows nothing, and would be a text node each. */
const tightMarkup = (text: string): string =>
  tight(text.replace(/>\s*\n\s*(?=<|$)/g, '>').replace(/(^|>)\s*\n\s*(?=<)/g, '$1'));
const tightCss = (text: string): string =>
  tight(text.replace(/\/\*[\s\S]*?\*\//g, ''))
    .replace(/var\((--sam-[\w-]+)\)/g, (all, token: string) =>
      later.has(token) ? `var(${token}, ${later.get(token)})` : all,
    )
    .replace(/\s*([{};,])\s*/g, '$1')
    .replace(/: /g, ':')
    .replace(/;}/g, '}');
const tightTokens = (text: string): string =>
  tightCss(text).replace(/(--[\w-]+):[^;}]*[;}]/g, (all, token: string) =>
    isListed(token) ? all : all.endsWith('}') ? '}' : '',
  );

type Tighten = (text: string) => string;
const TAGS: Readonly<Record<string, Tighten>> = { css: tightCss, html: tightMarkup, svg: tightMarkup };

/** Takes the white space out of `css` and `html` templates, and unused tokens out of the list: to the minifier these are just strings. */
function tightTemplates(): Plugin {
  return {
    name: 'tight-templates',
    transform(code, id) {
      if (!/\/widget\/src\/.*\.ts$/.test(id)) return null;
      const templates: { readonly template: ESTree.TemplateLiteral; readonly tighten: Tighten }[] = [];
      new Visitor({
        TaggedTemplateExpression: ({ tag, quasi }) => {
          const tighten = tag.type === 'Identifier' ? TAGS[tag.name] : undefined;
          if (tighten) templates.push({ template: quasi, tighten });
        },
        VariableDeclarator: ({ id: target, init }) => {
          if (target.type === 'Identifier' && target.name === 'TOKENS' && init?.type === 'TemplateLiteral')
            templates.push({ template: init, tighten: tightTokens });
        },
      }).visit(parseSync(id, code, { astType: 'js' }).program);
      const texts = templates.flatMap(({ template, tighten }) => template.quasis.map((text) => ({ ...text, tighten })));
      const tightened = texts
        .sort((a, b) => b.start - a.start)
        .reduce(
          (all, { start, end, tighten }) => all.slice(0, start) + tighten(all.slice(start, end)) + all.slice(end),
          code,
        );
      return { code: tightened, map: null };
    },
  };
}

const HELPER = /\/\/#region \\0@oxc-project\+runtime@\S+\/(\w+)\.js\n([^]*?)\/\/#endregion/g;
/** What stands in place of a helper, as far as tRPC uses it. */
const HELPERS: Readonly<Record<string, (body: string) => string>> = {
  defineProperty: () => 'const _defineProperty = (object, key, value) => ((object[key] = value), object);',
  objectSpread2: () => 'const _objectSpread2 = (...parts) => Object.assign(...parts);',
  // the same, but as an expression, so that it goes when nothing uses it
  wrapAsyncGenerator: (body) =>
    `const _wrapAsyncGenerator = /* @__PURE__ */ (() => { ${body} return _wrapAsyncGenerator; })();`,
};

/** A counter of the stock WebSocket, which the client has no use for: set outside its class, it would keep the class in the file. */
const COUNTER = /^_defineProperty\(\w+, "connectCount", 0\);$/m;

/** tRPC's files are written for older browsers than ours: spreads and class fields go through helpers, twice over and never tree-shaken. */
function modernTrpc(): Plugin {
  return {
    name: 'modern-trpc',
    transform(code, id) {
      if (!/\/@trpc\/(client|server)\/dist\/.*\.mjs$/.test(id)) return null;
      const modern = code.replace(HELPER, (all, name: string, body: string) => HELPERS[name]?.(body) ?? all);
      return { code: modern.replace(COUNTER, ''), map: null };
    },
  };
}

/** What of lit nobody runs here, with what stands in its place. */
const UNUSED_IN_LIT: readonly (readonly [RegExp, string])[] = [
  // whether style sheets can be adopted: every browser that knows `light-dark()` can
  [/\w+\.ShadowRoot&&.+?CSSStyleSheet\.prototype/, 'true'],
  // hooks of polyfills, and a list of versions that only warnings of the development build read
  [/\w+\.\w+PolyfillSupport\b/g, 'undefined'],
  [/\(\w+\.\w+Versions\?\?=\[\]\)\.push\("[\d.]+"\)/g, '0'],
  // controllers and decorators: no element of ours has any; one that had would fail at once in the tests of what is built
  [/addController\(\w+\)\{[^{}]+\}removeController\(\w+\)\{[^{}]+\}/, ''],
  [/\bthis\._\$EO\?\.forEach\(\w+=>\w+\.\w+\?\.\(\)\)/g, '0'],
  [/static addInitializer\(\w+\)\{[^{}]+\}/, ''],
  [/,void 0!==(\w+)\.l&&\(this\.l=\[\.\.\.\1\.l\]\)/, ''],
  [/,this\.constructor\.l\?\.forEach\(\w+=>\w+\(this\)\)/, ''],
  [/Symbol\.metadata\?\?=Symbol\("metadata"\),\w+\.litPropertyMetadata\?\?=new WeakMap;/, ''],
  [/const \w+=this\[Symbol\.metadata\];if\(null!==\w+\)\{[^{}]+\}/, ''],
  // what is wrong with a template or a style sheet: whoever writes one reads it in the development build
  [/\bError\("[^"]+"(?:\+\w+\+"[^"]+")?\)/g, 'Error()'],
];

/** lit's files have branches for browsers older than ours, and long texts for mistakes that never leave the house. */
function modernLit(): Plugin {
  return {
    name: 'modern-lit',
    transform(code, id) {
      if (!/\/(?:lit-html|lit-element|@lit\/reactive-element)\/[\w-]+\.js$/.test(id)) return null;
      return { code: UNUSED_IN_LIT.reduce((all, [unused, instead]) => all.replace(unused, instead), code), map: null };
    },
  };
}

/** Writes the integrity of every file beside it, for `<script integrity>`. */
function integrity(): Plugin {
  return {
    name: 'integrity',
    generateBundle(_, bundle) {
      const sums = Object.entries(bundle).map(([name, file]) => {
        const content = file.type === 'chunk' ? file.code : file.source;
        return [name, `sha384-${createHash('sha384').update(content).digest('base64')}`] as const;
      });
      this.emitFile({
        type: 'asset',
        fileName: 'integrity.json',
        source: `${JSON.stringify(Object.fromEntries(sums), null, 2)}\n`,
      });
    },
  };
}

export default defineConfig({
  plugins: [tightTemplates(), modernTrpc(), modernLit(), integrity(), compressed()],
  build: {
    target: 'es2022',
    sourcemap: false,
    copyPublicDir: false,
    modulePreload: false,
    lib: { entry: path('src/manager/entry.ts'), formats: ['es'], fileName: () => 'subaccount-manager.js' },
    rolldownOptions: {
      preserveEntrySignatures: 'allow-extension',
      // no getter of ours or of our libraries does anything but answer
      treeshake: { propertyReadSideEffects: false },
      output: {
        minify: true,
        comments: false,
        chunkFileNames: 'subaccount-manager-[name]-[hash].js',
        // what lazy parts share with the list stays in the one file that pages name: nothing waits for a second one
        codeSplitting: { groups: [{ name: 'subaccount-manager', tags: ['$initial'] }] },
      },
    },
  },
});
