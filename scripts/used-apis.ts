// What a source uses of JavaScript, of the browser and of CSS, in the names of MDN's compatibility data.
import { createRequire } from 'node:module';
import type { CompatData, Identifier, SimpleSupportStatement, SupportStatement } from '@mdn/browser-compat-data/types';
import { parseSync } from 'oxc-parser';

/** One use: how it is written, and every feature that it may be. What has several meanings is there when one of them is. */
export type Use = { readonly written: string; readonly line: number; readonly features: readonly Identifier[] };

/** Oldest versions, by MDN's names of browsers and runtimes. */
export type Claims = Readonly<Record<string, string>>;

const mdn = createRequire(import.meta.url)('@mdn/browser-compat-data') as CompatData;
const BUILTINS = mdn.javascript['builtins'] ?? {};
const APIS: Identifier = mdn.api;

/** What stands behind global names that are no types. */
const INSTANCES: Readonly<Record<string, string>> = {
  window: 'Window',
  globalThis: 'Window',
  self: 'Window',
  document: 'Document',
  navigator: 'Navigator',
  location: 'Location',
  history: 'History',
  performance: 'Performance',
  crypto: 'Crypto',
};

const featuresOf = (parent: Identifier): [string, Identifier][] =>
  Object.entries(parent).filter(([name]) => name !== '__compat') as [string, Identifier][];

/** Features by name. */
class Named extends Map<string, Identifier[]> {
  add(name: string, feature: Identifier): void {
    this.set(name, [...(this.get(name) ?? []), feature]);
  }
}

/** Members by name, of every type that has one. */
const MEMBERS = new Named();
for (const types of [BUILTINS, BUILTINS['Intl'] ?? {}, APIS]) {
  for (const [, type] of featuresOf(types)) {
    for (const [name, feature] of featuresOf(type)) MEMBERS.add(name, feature);
  }
}

const own = (of: Identifier | undefined, name: string): Identifier | undefined =>
  of !== undefined && name !== '__compat' && Object.hasOwn(of, name) ? of[name] : undefined;
const known = (...features: readonly (Identifier | undefined)[]): Identifier[] =>
  features.filter((feature) => feature !== undefined);

/** A global by name: a type, a function, or a property of the window. */
const globalOf = (name: string): Identifier[] => known(own(BUILTINS, name), own(APIS, name), own(APIS['Window'], name));

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
const nameOf = (node: unknown): string => (isNode(node) && typeof node['name'] === 'string' ? node['name'] : '');

/** Types are gone when the source runs; these say something of a value, too. */
const WITH_VALUE = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'TSInstantiationExpression',
]);
const isErased = (node: Node): boolean =>
  (node.type.startsWith('TS') && !WITH_VALUE.has(node.type)) || node['importKind'] === 'type';

const MEMBER_DECLARATIONS = new Set([
  'Property',
  'PropertyDefinition',
  'MethodDefinition',
  'AccessorProperty',
  'TSPropertySignature',
  'TSMethodSignature',
  'TSAbstractMethodDefinition',
  'TSAbstractPropertyDefinition',
]);

function* childrenOf(node: Node): Generator<readonly [string, Node]> {
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield [key, child];
  }
}

/** Names that a source gives to something of its own: those don't stand for the global. */
function ownNames(program: Node): ReadonlySet<string> {
  const names = new Set<string>();
  const take = (pattern: Node): void => {
    if (pattern.type === 'Identifier') names.add(nameOf(pattern));
    else for (const [key, child] of childrenOf(pattern)) if (key !== 'right' && key !== 'key') take(child);
  };
  const walk = (node: Node): void => {
    for (const [key, child] of childrenOf(node)) {
      if (isErased(child)) continue;
      if (key === 'id' || key === 'params' || key === 'param' || key === 'local') take(child);
      walk(child);
    }
  };
  walk(program);
  return names;
}

/** A source as a tree. @throws Error where it isn't TypeScript */
function programOf(file: string, source: string): Node {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  if (!isNode(program)) throw new Error(`${file}: nothing was read`);
  return program;
}

/** Members that a source declares, in types, classes and objects: a name that is the program's own says nothing of the browser. */
export function declaredIn(file: string, source: string): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (node: Node): void => {
    if (MEMBER_DECLARATIONS.has(node.type) && node['computed'] !== true) names.add(nameOf(node['key']));
    for (const [, child] of childrenOf(node)) walk(child);
  };
  walk(programOf(file, source));
  return names;
}

/** JavaScript and browser APIs that a source uses. What it asks for first, by `?.`, `typeof` or `in`, it can do without. */
export function apisIn(file: string, source: string, declared: ReadonlySet<string>): Use[] {
  const root = programOf(file, source);
  const names = ownNames(root);
  const sheets = new Set([...source.matchAll(/^import (\w+) from '.+\.css';$/gm)].map(([, name]) => name));
  const uses: Use[] = [];
  const note = (node: Node, written: string, features: readonly Identifier[]): void => {
    if (features.length > 0) uses.push({ written, line: source.slice(0, node.start).split('\n').length, features });
  };

  const noteMember = (node: Node, key: string): void => {
    const { object, property } = node;
    if (sheets.has(nameOf(object))) return;
    const name = nameOf(property);
    const owner = names.has(nameOf(object)) ? '' : nameOf(object);
    const type = Object.hasOwn(INSTANCES, owner) ? (INSTANCES[owner] ?? owner) : owner;
    const exact = known(
      own(own(BUILTINS, type), name),
      own(own(APIS, type), `${name}_static`),
      own(own(APIS, type), name),
      ...(type === 'Window' ? globalOf(name) : []),
    );
    // A property of the global object is undefined where there is none; only using it is an error.
    const isUsed = key === 'callee' || key === 'object';
    if (owner === 'globalThis' && !isUsed) return;
    if (globalOf(owner).length > 0) note(node, `${owner}.${name}`, exact);
    else if (!declared.has(name)) note(node, `.${name}`, MEMBERS.get(name) ?? []);
  };

  const walk = (node: Node, key: string, parent: Node): void => {
    if (isErased(node)) return;
    const asked = node['optional'] === true || (parent.type === 'UnaryExpression' && parent['operator'] === 'typeof');
    const isMember = node.type === 'MemberExpression' && node['computed'] === false;
    const isCalledIfThere =
      isMember && parent.type === 'CallExpression' && key === 'callee' && parent['optional'] === true;
    if (isMember && !isCalledIfThere) noteMember(node, key);
    const isName = (key === 'property' || key === 'key') && parent['computed'] !== true && parent['shorthand'] !== true;
    if (node.type === 'Identifier' && !asked && !isName && !names.has(nameOf(node)))
      note(node, nameOf(node), globalOf(nameOf(node)));
    for (const [inner, child] of childrenOf(node)) walk(child, inner, node);
  };
  walk(root, '', root);
  return uses;
}

const CSS_PROPERTIES = mdn.css.properties ?? {};
const CSS_SELECTORS = mdn.css.selectors ?? {};
const CSS_COLORS = mdn.css.types?.['color'];
const CSS_AT_RULES = mdn.css['at-rules'] ?? {};
/** Functions and other values, by name, wherever MDN keeps them. */
const CSS_FUNCTIONS = new Named();
(function collect(types: Identifier): void {
  for (const [name, type] of featuresOf(types)) {
    CSS_FUNCTIONS.add(name, type);
    collect(type);
  }
})(mdn.css.types ?? {});

/** Properties, selectors, rules and functions that a style sheet uses. */
export function cssIn(source: string): Use[] {
  const text = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
  const patterns: readonly (readonly [RegExp, (name: string) => readonly Identifier[]])[] = [
    [/(?<=[{;]\s*)([a-z-]+)(?=\s*:[^:{}]*[;}])/g, (name) => known(own(CSS_PROPERTIES, name))],
    [/(?<=::?)([a-z][a-z-]*)(?=[^;{}]*\{)/g, (name) => known(own(CSS_SELECTORS, name))],
    [/(?<=@)([a-z-]+)/g, (name) => known(own(CSS_AT_RULES, name))],
    [/(?<![\w-])([a-z]+)(?=\(from )/g, (name) => known(own(own(CSS_COLORS, name), 'relative_syntax'))],
    [/(?<![\w-])([a-z-]+)(?=\()/g, (name) => CSS_FUNCTIONS.get(name) ?? []],
  ];
  return patterns.flatMap(([pattern, find]) =>
    [...text.matchAll(pattern)].flatMap(({ 0: name, index }) => {
      const features = find(name);
      return features.length === 0 ? [] : [{ written: name, line: text.slice(0, index).split('\n').length, features }];
    }),
  );
}

const ATTRIBUTES = mdn.html.global_attributes ?? {};

/** Attributes that stand in a source's markup, of those that every element has. */
export function attributesIn(source: string): Use[] {
  return [...source.matchAll(/(?<=\s)([a-z]+)(?==["{$'])/g)].flatMap(({ 0: name, index }) => {
    const feature = own(ATTRIBUTES, name);
    return feature
      ? [{ written: `${name}=`, line: source.slice(0, index).split('\n').length, features: [feature] }]
      : [];
  });
}

const numbers = (version: string): number[] => version.replace('≤', '').split('.').map(Number);

/** Whether a version came out after another one. */
function isNewer(version: string, than: string): boolean {
  const [left, right] = [numbers(version), numbers(than)];
  const at = left.findIndex((number, index) => number !== (right[index] ?? 0));
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

/** Whether a browser has a feature, for everybody and in whole or, for a while, in part. Where MDN knows nothing, it is old. */
function isThere(support: SupportStatement | undefined, version: string): boolean {
  if (support === undefined) return true;
  const statements: readonly SimpleSupportStatement[] = Array.isArray(support) ? support : [support];
  return statements.some(({ version_added: added, version_removed: removed, ...limits }) => {
    if (limits.flags || limits.prefix || limits.alternative_name || typeof added !== 'string') return false;
    return added !== 'preview' && !isNewer(added, version) && !(removed && !isNewer(removed, version));
  });
}

/** Browsers of a claim that have none of the meanings of a use. */
export const missingIn = ({ features }: Use, claims: Claims): string[] =>
  Object.entries(claims).flatMap(([browser, version]) =>
    features.some((feature) => isThere(feature.__compat?.support[browser as 'chrome'], version)) ? [] : [browser],
  );
