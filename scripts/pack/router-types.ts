// The router's type as an integrator reads it: every procedure with its input and output written out. What the server is made of stays
// at home: no context, no schema library, no database. Whatever the router's type is made from, the text is the same.
import ts from 'typescript6';

/** Where a type may be referred to by its name instead of being written out: the package's own vocabulary, which is bundled. */
const VOCABULARY = '@tenantree/domain';
/** Generics of the language that mean the same everywhere. */
const OF_THE_LANGUAGE: ReadonlySet<string> = new Set(['AsyncIterable', 'AsyncGenerator', 'Date', 'Promise', 'Record']);
/** Types of libraries that integrators don't have, by what stands in their place. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['JSONType', 'Json'],
  ['Frame', 'Frame'],
  ['TrackedData', 'Frame'],
]);

/** Said last of what something may be. */
const EMPTY: readonly string[] = ['null', 'undefined'];

const KINDS = {
  query: 'TRPCQueryProcedure',
  mutation: 'TRPCMutationProcedure',
  subscription: 'TRPCSubscriptionProcedure',
} as const;

const HEAD = `import type {
  TRPCBuiltRouter,
  TRPCDecorateCreateRouterOptions,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A frame of a subscription, with the id after which it is resumed. */
export type Frame<Data> = { readonly id: string; readonly data: Data };
`;

/**
 * Writes the declarations of a router.
 *
 * @param program has the file
 * @param file exports the type `AppRouter`
 * @param says what a procedure does, by its path
 * @throws Error when a procedure's type is not known, such as `any`
 */
export function routerTypes(program: ts.Program, file: string, says: (path: string) => string): string {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  const exported = module && checker.getExportsOfModule(module).find(({ name }) => name === 'AppRouter');
  if (!exported) throw new Error(`${file} exports no AppRouter`);
  const printer = createPrinter(checker, vocabularyOf(program, checker, file));

  /** The type of a property, which has to be there. */
  const at = (type: ts.Type, ...names: readonly string[]): ts.Type =>
    names.reduce((from, name) => {
      const property = checker.getPropertyOfType(from, name);
      if (!property) throw new Error(`AppRouter has no ${names.join('.')}`);
      return checker.getTypeOfSymbol(property);
    }, type);

  const procedure = (type: ts.Type, path: string): string => {
    const kind = at(type, '_def', 'type');
    if (!kind.isStringLiteral() || !(kind.value in KINDS)) throw new Error(`${path} is no procedure`);
    const types = at(type, '_def', '$types');
    const print = (name: string): string => printer.print(at(types, name), `${path} (${name})`);
    return `${KINDS[kind.value as keyof typeof KINDS]}<{ input: ${print('input')}; output: ${print('output')}; meta: object }>`;
  };

  /** Procedures by their names, and groups of them. */
  const record = (type: ts.Type, path: string): string => {
    const members = checker.getPropertiesOfType(type).map((property) => {
      const member = checker.getTypeOfSymbol(property);
      const inner = path === '' ? property.name : `${path}.${property.name}`;
      const isProcedure = checker.getPropertyOfType(member, '_def') !== undefined;
      if (!isProcedure) return `${property.name}: ${record(member, inner)};`;
      return `/** ${says(inner)} */\n${property.name}: ${procedure(member, inner)};`;
    });
    return `{\n${members.join('\n')}\n}`;
  };

  const appRouter = checker.getDeclaredTypeOfSymbol(exported);
  const shape = printer.print(at(appRouter, '_def', '_config', '$types', 'errorShape'), 'the shape of errors');
  const all = `TRPCBuiltRouter<Root, TRPCDecorateCreateRouterOptions<${record(at(appRouter, '_def', 'record'), '')}>>`;
  return [
    HEAD,
    printer.imports(),
    `/** How every error arrives, in \`error.shape\` and, its data, in \`error.data\`. */\nexport type ErrorShape = ${shape};\n`,
    `type Root = { ctx: object; meta: object; errorShape: ErrorShape; transformer: false };\n`,
    `/** Every procedure of the server, for any tRPC client: \`createTRPCClient<AppRouter>(…)\`. */\nexport type AppRouter = ${all};\n`,
  ].join('\n');
}

/** Names that the vocabulary exports. */
function vocabularyOf(program: ts.Program, checker: ts.TypeChecker, from: string): ReadonlySet<ts.Symbol> {
  const found = ts.resolveModuleName(VOCABULARY, from, program.getCompilerOptions(), ts.sys).resolvedModule;
  const source = found && program.getSourceFile(found.resolvedFileName);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${VOCABULARY} is not part of the program`);
  return new Set(checker.getExportsOfModule(module).map((symbol) => resolved(symbol, checker)));
}

const resolved = (symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

function docsOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  return text === '' ? '' : `/** ${text.replaceAll('\n', '\n * ')} */\n`;
}

/** Writes types out. */
type Printer = {
  /** @param path what is written, for whoever has to repair it */
  print(type: ts.Type, path: string): string;
  /** The import of all that was referred to by name. */
  imports(): string;
};

function createPrinter(checker: ts.TypeChecker, vocabulary: ReadonlySet<ts.Symbol>): Printer {
  const used = new Set<string>();
  /** Long lists of texts, by their types: the language itself forgets by which name they were called. */
  const lists = new Map<ts.Type, ts.Symbol>();
  for (const symbol of vocabulary) {
    const type = symbol.flags & ts.SymbolFlags.TypeAlias ? checker.getDeclaredTypeOfSymbol(symbol) : undefined;
    if (type?.isUnion() && type.types.length > 3 && type.types.every((one) => one.isStringLiteral()))
      lists.set(type, symbol);
  }
  /** Types that are being written, against those that contain themselves. */
  const open = new Set<ts.Type>();

  const list = (types: readonly ts.Type[], path: string): string => types.map((type) => print(type, path)).join(', ');
  const generic = (name: string, types: readonly ts.Type[], path: string): string =>
    types.length === 0 ? name : `${name}<${list(types, path)}>`;

  /** A name in place of the type, where there is one that integrators can read. */
  const nameOf = (type: ts.Type, path: string): string | null => {
    const { aliasSymbol, aliasTypeArguments = [] } = type;
    const isNamed = type.isClassOrInterface() || (isReference(type) && type.target.isClassOrInterface());
    const symbol = aliasSymbol ?? lists.get(type) ?? (isNamed ? type.symbol : undefined);
    if (symbol === undefined) return null;
    const standIn = STAND_INS.get(symbol.name);
    const of = aliasSymbol ? aliasTypeArguments : isReference(type) ? checker.getTypeArguments(type) : [];
    if (standIn !== undefined) return generic(standIn, of, path);
    if (!vocabulary.has(symbol)) return null;
    used.add(symbol.name);
    return generic(symbol.name, of, path);
  };

  const tupleOf = (type: ts.TupleTypeReference, path: string): string => {
    const { elementFlags, labeledElementDeclarations, readonly } = type.target;
    const elements = checker.getTypeArguments(type).map((element, index) => {
      const flags = elementFlags[index] ?? ts.ElementFlags.Required;
      const label = labeledElementDeclarations?.[index]?.name.getText();
      const text = print(element, path);
      if (flags & ts.ElementFlags.Rest) return label ? `...${label}: (${text})[]` : `...(${text})[]`;
      const optional = flags & ts.ElementFlags.Optional ? '?' : '';
      return label ? `${label}${optional}: ${text}` : `${text}${optional}`;
    });
    return `${readonly ? 'readonly ' : ''}[${elements.join(', ')}]`;
  };

  /** What the language, tRPC or an array make of other types. */
  const madeOf = (type: ts.TypeReference, path: string): string | null => {
    if (checker.isTupleType(type)) return tupleOf(type as ts.TupleTypeReference, path);
    const all = checker.getTypeArguments(type);
    if (checker.isArrayType(type)) {
      const isReadonly = type.symbol.name === 'ReadonlyArray';
      return `${isReadonly ? 'readonly ' : ''}(${print(all[0]!, path)})[]`;
    }
    return OF_THE_LANGUAGE.has(type.symbol.name) ? generic(type.symbol.name, all, path) : null;
  };

  const membersOf = (type: ts.Type, path: string): string => {
    if (type.getCallSignatures().length > 0) throw new Error(`${path} has a function`);
    const indexes = checker.getIndexInfosOfType(type).map(({ keyType, type: value, isReadonly }) => {
      return `${isReadonly ? 'readonly ' : ''}[key: ${print(keyType, path)}]: ${print(value, path)};`;
    });
    const members = checker.getPropertiesOfType(type).map((property) => {
      const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
      const isReadonly = isDeclaredReadonly(property);
      const text = print(checker.getTypeOfSymbol(property), `${path}.${property.name}`);
      const key = /^[A-Za-z_$][\w$]*$/.test(property.name) ? property.name : JSON.stringify(property.name);
      return `${docsOf(property, checker)}${isReadonly ? 'readonly ' : ''}${key}${optional}: ${text};`;
    });
    const all = [...indexes, ...members];
    return all.length === 0 ? '{}' : `{\n${all.join('\n')}\n}`;
  };

  const structure = (type: ts.Type, path: string): string => {
    if (type.isUnion()) return unionOf(type, path);
    if (type.isIntersection() && type.types.some(({ flags }) => !(flags & ts.TypeFlags.Object)))
      return type.types.map((part) => `(${print(part, path)})`).join(' & ');
    if (isReference(type)) {
      const made = madeOf(type, path);
      if (made !== null) return made;
    }
    return membersOf(type, path);
  };

  const unionOf = (type: ts.UnionType, path: string): string => {
    const texts = type.types.map((part) => print(part, path));
    const isBoolean = texts.includes('true') && texts.includes('false');
    const rest = isBoolean ? [...texts.filter((text) => text !== 'true' && text !== 'false'), 'boolean'] : texts;
    return [...new Set(rest)]
      .sort((a, b) => EMPTY.indexOf(a) - EMPTY.indexOf(b))
      .map((text) => (/^readonly |&/.test(text) ? `(${text})` : text))
      .join(' | ');
  };

  function print(type: ts.Type, path: string): string {
    if (type.flags & ts.TypeFlags.Any) throw new Error(`${path} is of a type that is not known`);
    const name = nameOf(type, path);
    if (name !== null) return name;
    if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.UnionOrIntersection)) || type.flags & ts.TypeFlags.Boolean)
      return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
    if (open.has(type)) throw new Error(`${path} contains itself and has no name`);
    open.add(type);
    try {
      return structure(type, path);
    } finally {
      open.delete(type);
    }
  }

  return {
    print,
    imports: () =>
      used.size === 0 ? '' : `import type { ${[...used].toSorted().join(', ')} } from '${VOCABULARY}';\n`,
  };
}

const isReference = (type: ts.Type): type is ts.TypeReference =>
  (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0;

const isDeclaredReadonly = (property: ts.Symbol): boolean =>
  property.declarations?.some((one) => ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Readonly) ?? false;
