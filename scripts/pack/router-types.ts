// The router's type as an integrator reads it: every procedure with its input and output written out. What the server is made of stays
// at home: no context, no schema library, no database. Whatever the router's type is made from, the text is the same.
import ts from 'typescript6';
import { TypePrinter } from './type-printer.ts';
import { createVocabulary } from './vocabulary.ts';

/** The package whose types are bundled, and referred to by their names. */
const DOMAIN = '@tenantree/domain';
/** The package whose types are written out, once each: what they are made from stays at home. */
const CONTRACT = '@tenantree/contract';

const KINDS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

const HEAD = `import type {
  TRPCBuiltRouter,
  TRPCDecorateCreateRouterOptions,
  TRPCDefaultErrorShape,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A frame of a subscription, with the id after which it is resumed. */
export type Frame<Data> = { readonly id: string; readonly data: Data };

type Query<Input, Output> = TRPCQueryProcedure<{ input: Input; output: Output; meta: object }>;
type Mutation<Input, Output> = TRPCMutationProcedure<{ input: Input; output: Output; meta: object }>;
type Subscription<Input, Data> = TRPCSubscriptionProcedure<{
  input: Input;
  output: AsyncIterable<Frame<Data>, void, undefined>;
  meta: object;
}>;
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
  const exported = exportsOf(program, file, file).find(({ name }) => name === 'AppRouter');
  if (!exported) throw new Error(`${file} exports no AppRouter`);
  const bundled = new Set(typesOf(program, DOMAIN, file));
  const written = new Set(typesOf(program, CONTRACT, file));
  const printer = new TypePrinter(checker, createVocabulary(checker, new Set([...bundled, ...written])));
  const router = checker.getDeclaredTypeOfSymbol(exported);
  const errorShape = printer.print(propertyOf(checker, router, '_def', '_config', '$types', 'errorShape'), 'errors');
  const record = recordOf({ checker, printer, says }, propertyOf(checker, router, '_def', 'record'), '');
  const declarations: string[] = [];
  // What a declaration names is used from then on, so it comes later in the same round.
  for (const symbol of printer.used) if (written.has(symbol)) declarations.push(printer.declaration(symbol));
  const imported = [...printer.used].filter((symbol) => bundled.has(symbol)).map(({ name }) => name);
  return [
    HEAD,
    `import type { ${imported.toSorted().join(', ')} } from '${DOMAIN}';\n`,
    ...declarations,
    `type Root = { ctx: object; meta: object; errorShape: ${errorShape}; transformer: false };\n`,
    `/** Every procedure of the server, for any tRPC client: \`createTRPCClient<AppRouter>(…)\`. */`,
    `export type AppRouter = TRPCBuiltRouter<Root, TRPCDecorateCreateRouterOptions<${record}>>;\n`,
  ].join('\n');
}

type Writing = {
  readonly checker: ts.TypeChecker;
  readonly printer: TypePrinter;
  readonly says: (path: string) => string;
};

/** Procedures by their names, and groups of them. */
function recordOf(writing: Writing, type: ts.Type, path: string): string {
  const { checker, says } = writing;
  const members = checker.getPropertiesOfType(type).map((property) => {
    const member = checker.getTypeOfSymbol(property);
    const inner = path === '' ? property.name : `${path}.${property.name}`;
    const isProcedure = checker.getPropertyOfType(member, '_def') !== undefined;
    if (!isProcedure) return `${property.name}: ${recordOf(writing, member, inner)};`;
    return `/** ${says(inner)} */\n${property.name}: ${procedureOf(writing, member, inner)};`;
  });
  return `{\n${members.join('\n')}\n}`;
}

function procedureOf({ checker, printer }: Writing, type: ts.Type, path: string): string {
  const kind = propertyOf(checker, type, '_def', 'type');
  if (!kind.isStringLiteral() || !(kind.value in KINDS)) throw new Error(`${path} is no procedure`);
  const types = propertyOf(checker, type, '_def', '$types');
  const output = propertyOf(checker, types, 'output');
  const input = printer.print(propertyOf(checker, types, 'input'), `${path} (input)`);
  const answer = printer.print(kind.value === 'subscription' ? dataOf(checker, output) : output, `${path} (output)`);
  return `${KINDS[kind.value as keyof typeof KINDS]}<${input}, ${answer}>`;
}

/** What the frames of a subscription hold. */
function dataOf(checker: ts.TypeChecker, frames: ts.Type): ts.Type {
  const [frame] = checker.getTypeArguments(frames as ts.TypeReference);
  if (!frame) throw new Error('A subscription answers no frames');
  return propertyOf(checker, frame, 'data');
}

/** The type of a property, which has to be there. */
function propertyOf(checker: ts.TypeChecker, type: ts.Type, ...names: readonly string[]): ts.Type {
  return names.reduce((from, name) => {
    const property = checker.getPropertyOfType(from, name);
    if (!property) throw new Error(`AppRouter has no ${names.join('.')}`);
    return checker.getTypeOfSymbol(property);
  }, type);
}

/** Types that a package exports. */
const typesOf = (program: ts.Program, name: string, from: string): ts.Symbol[] =>
  exportsOf(program, name, from).filter(({ flags }) => flags & (ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface));

/** What a module exports. @param from the file that names it */
function exportsOf(program: ts.Program, name: string, from: string): ts.Symbol[] {
  const checker = program.getTypeChecker();
  const found = ts.resolveModuleName(name, from, program.getCompilerOptions(), ts.sys).resolvedModule;
  const source = program.getSourceFile(found?.resolvedFileName ?? name);
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${name} is not part of the program`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}
