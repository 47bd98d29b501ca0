// The manifest of the element (custom-elements.json), written from the docs of its public interface. What is there without a word about it
// is refused: whoever reads the manifest has nothing else.
import ts from 'typescript6';

type Sources = {
  /** File with `SubaccountManagerElement` and `SubaccountManagerEvents`. */
  readonly element: string;
  readonly tsconfig: string;
  /** The page with the table of custom properties. */
  readonly properties: string;
};

type Named = { readonly name: string; readonly description: string };

const TAG = 'subaccount-manager';
const MODULE = 'dist/index.js';
const CLASS = 'SubaccountManager';

/** @throws Error when something has no description, or is described in a way that nobody reads */
export function customElements({ element, tsconfig, properties }: Sources): object {
  const program = ts.createProgram([element], readConfig(tsconfig));
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(element);
  const find = (name: string): ts.InterfaceDeclaration => {
    const found = source?.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name);
    if (!found) throw new Error(`${element} declares no ${name}`);
    return found;
  };
  const print = (node: ts.TypeNode | undefined): string => node?.getText().replace(/\s+/g, ' ') ?? 'void';
  const described = (node: ts.NamedDeclaration, name: string): string => descriptionOf(checker, node, name);
  const declared = find('SubaccountManagerElement');
  const tags = ts.getJSDocTags(declared);
  const listed = (tag: string): Named[] => tags.filter(({ tagName }) => tagName.text === tag).map(namedIn);

  const fields = declared.members.filter(ts.isPropertySignature).map((member) => {
    const name = member.name.getText();
    const attribute = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'attr');
    const text = attribute && ts.getTextOfJSDocComment(attribute.comment)?.trim();
    return { name, type: { text: print(member.type) }, description: described(member, name), attribute: text };
  });
  const methods = declared.members.filter(ts.isMethodSignature).map((member) => {
    const name = member.name.getText();
    return {
      kind: 'method',
      name,
      description: described(member, name),
      return: { type: { text: print(member.type) } },
    };
  });
  const events = find('SubaccountManagerEvents')
    .members.filter(ts.isPropertySignature)
    .map((member) => {
      const name = member.name.getText().slice(1, -1);
      return { name, type: { text: `CustomEvent<${print(member.type)}>` }, description: described(member, name) };
    });
  const declaration = {
    kind: 'class',
    name: CLASS,
    tagName: TAG,
    customElement: true,
    description: described(declared, CLASS),
    superclass: { name: 'HTMLElement' },
    attributes: fields.flatMap(({ name, attribute, ...rest }) =>
      attribute === undefined ? [] : [{ name: attribute, ...rest, fieldName: name }],
    ),
    members: [...fields.map((field) => ({ kind: 'field', ...field })), ...methods],
    events,
    slots: listed('slot').map(({ name, ...rest }) => ({ name: name === '-' ? '' : name, ...rest })),
    cssParts: listed('csspart'),
    cssProperties: propertiesIn(properties),
  };
  const here = { name: CLASS, module: MODULE };
  const exports = [
    { kind: 'js', name: CLASS, declaration: here },
    { kind: 'custom-element-definition', name: TAG, declaration: here },
  ];
  const module = { kind: 'javascript-module', path: MODULE, declarations: [declaration], exports };
  return { schemaVersion: '2.1.0', readme: 'README.md', modules: [module] };
}

function descriptionOf(checker: ts.TypeChecker, node: ts.NamedDeclaration, name: string): string {
  const symbol = node.name && checker.getSymbolAtLocation(node.name);
  const text = ts.displayPartsToString(symbol?.getDocumentationComment(checker)).replace(/\s+/g, ' ').trim();
  if (text === '') throw new Error(`${name} has no description`);
  return text;
}

function readConfig(tsconfig: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(tsconfig, (file) => ts.sys.readFile(file));
  return ts.parseJsonConfigFileContent(config, ts.sys, tsconfig.replace(/[^/\\]+$/, '')).options;
}

/** A name and what is said of it: `header - Title and number`; without a name, `- Shown until …`. */
function namedIn(tag: ts.JSDocTag): Named {
  const text = (ts.getTextOfJSDocComment(tag.comment) ?? '').replace(/\s+/g, ' ').trim();
  const [, name, description] = /^(\S+) - (.+)$/.exec(text) ?? /^(-) (.+)$/.exec(text) ?? [];
  if (name === undefined || description === undefined) throw new Error(`“${text}” is no name with a description`);
  return { name, description };
}

/** Custom properties of the table, with what their row says. */
function propertiesIn(page: string): Named[] {
  const rows = page.split('<!-- properties:')[1]?.split('\n\n')[1]?.split('\n') ?? [];
  return rows.flatMap((row) => {
    const [, names = '', description = ''] = row.split('|');
    return (names.match(/--sam-[\w-]+/g) ?? []).map((name) => ({ name, description: description.trim() }));
  });
}
