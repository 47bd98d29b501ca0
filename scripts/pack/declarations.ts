// Declarations of a package's sources, for the plugin that bundles them.
import { join } from 'node:path';
import type { Options } from 'rolldown-plugin-dts';
import ts from 'typescript6';
import { root } from '../launch.mjs';

/** Where workspaces are: reached by their names alone, as packages that are installed, the compiler would write nothing of them. */
const WORKSPACES = { '@tenantree/*': [join(root, 'packages/*/src/index.ts')] };

/** What is written in place of a file's own declarations, by its path. */
export type Written = ReadonlyMap<string, (program: ts.Program) => string>;

/**
 * A generator of declarations with the whole type system behind it.
 *
 * @param tsconfig of the package
 * @param entries files that the package is made of, and all that these import
 */
export function declarationsOf(
  tsconfig: string,
  entries: readonly string[],
  written: Written,
): Exclude<Options['generator'], string | undefined> {
  let program: ts.Program | null = null;
  const read = (): ts.Program => {
    const config = ts.getParsedCommandLineOfConfigFile(
      tsconfig,
      {},
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic },
    );
    return ts.createProgram([...entries], {
      ...config?.options,
      paths: WORKSPACES,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
    });
  };
  return {
    emit: (_, file) => {
      program ??= read();
      const own = written.get(file);
      if (own) return { code: withoutRules(own(program)) };
      const source = program.getSourceFile(file);
      if (!source) return { error: `${file} is not part of the package` };
      let code = '';
      program.emit(source, (_name, text) => (code = text), undefined, true);
      return { code: withoutRules(spelledOut(code, source, program.getTypeChecker())) };
    },
  };
}

function onUnRecoverableConfigFileDiagnostic({ messageText }: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Documentation without the rules that it points to: whoever installs a package has no `docs/rules`. */
const withoutRules = (code: string): string => code.replace(/ \(rules\/[^)]*\)/g, '');

/** Names of a few texts with these texts, instead of with the tables that they are read from: readers want them, and need no table. */
function spelledOut(code: string, source: ts.SourceFile, checker: ts.TypeChecker): string {
  return source.statements.filter(ts.isTypeAliasDeclaration).reduce((all, { name, typeParameters }) => {
    const type = checker.getTypeAtLocation(name);
    const texts = type.isUnion() ? type.types : [type];
    if (typeParameters !== undefined || !texts.every((one) => one.isStringLiteral())) return all;
    const declared = new RegExp(`(?<=^export type ${name.text} = )[^;]+(?=;)`, 'm');
    return all.replace(declared, texts.map(({ value }) => JSON.stringify(value)).join(' | '));
  }, code);
}
