// Types as an integrator reads them: by the names that they have, and what has none written out.
import ts from 'typescript6';
import { parted, type Vocabulary } from './vocabulary.ts';

/** Generics of the language that mean the same everywhere. */
const OF_THE_LANGUAGE: ReadonlySet<string> = new Set(['AsyncIterable', 'AsyncGenerator', 'Date', 'Promise', 'Record']);
/** Types of libraries, by what stands in their place: integrators have the library under another name, or not at all. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['JSONType', 'Json'],
  ['Frame', 'Frame'],
  ['TrackedData', 'Frame'],
  ['DefaultErrorShape', 'TRPCDefaultErrorShape'],
]);

/** Writes types out. */
export class TypePrinter {
  readonly #checker: ts.TypeChecker;
  readonly #vocabulary: Vocabulary;
  /** Symbols that were referred to by name. */
  readonly #used = new Set<ts.Symbol>();
  /** Types that are being written, against those that contain themselves. */
  readonly #open = new Set<ts.Type>();
  /** What is being declared: it can't be said by its own name. */
  #declared: ts.Symbol | null = null;

  constructor(checker: ts.TypeChecker, vocabulary: Vocabulary) {
    this.#checker = checker;
    this.#vocabulary = vocabulary;
  }

  /** What was referred to by name so far. */
  get used(): ReadonlySet<ts.Symbol> {
    return this.#used;
  }

  /**
   * @param path what is written, for whoever has to repair it
   * @throws Error when the type is not known, such as `any`
   */
  print(type: ts.Type, path: string): string {
    if (type.flags & ts.TypeFlags.Any) throw new Error(`${path} is of a type that is not known`);
    const name = this.#nameOf(type, path);
    if (name !== null) return name;
    if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.UnionOrIntersection)) || type.flags & ts.TypeFlags.Boolean)
      return this.#checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
    return this.#writtenOut(type, path);
  }

  /** The declaration of a type that has a name, with its documentation. */
  declaration(symbol: ts.Symbol): string {
    this.#declared = symbol;
    const text = this.#writtenOut(this.#checker.getDeclaredTypeOfSymbol(symbol), symbol.name);
    this.#declared = null;
    return `${this.#docsOf(symbol)}type ${symbol.name} = ${text};\n`;
  }

  #writtenOut(type: ts.Type, path: string): string {
    if (this.#open.has(type)) throw new Error(`${path} contains itself and has no name`);
    this.#open.add(type);
    try {
      return this.#structureOf(type, path);
    } finally {
      this.#open.delete(type);
    }
  }

  /** A name in place of the type, where there is one that integrators can read. */
  #nameOf(type: ts.Type, path: string): string | null {
    const { aliasSymbol, aliasTypeArguments = [] } = type;
    const symbol = aliasSymbol ?? (isNamed(type) ? type.symbol : undefined);
    const of = aliasSymbol ? aliasTypeArguments : isReference(type) ? this.#checker.getTypeArguments(type) : [];
    const standIn = symbol && STAND_INS.get(symbol.name);
    if (standIn !== undefined) return this.#generic(standIn, of, path);
    if (symbol && this.#vocabulary.has(symbol)) return this.#generic(this.#called(symbol), of, path);
    const meant = this.#vocabulary.nameOf(type);
    return meant && meant !== this.#declared ? this.#called(meant) : null;
  }

  #called(symbol: ts.Symbol): string {
    this.#used.add(symbol);
    return symbol.name;
  }

  #generic(name: string, types: readonly ts.Type[], path: string): string {
    return types.length === 0 ? name : `${name}<${types.map((type) => this.print(type, path)).join(', ')}>`;
  }

  #structureOf(type: ts.Type, path: string): string {
    if (type.isUnion()) return this.#unionOf(type, path);
    if (type.isIntersection() && !type.types.every((part) => isAnonymous(part)))
      return type.types.map((part) => grouped(this.print(part, path))).join(' & ');
    const made = isReference(type) ? this.#madeOf(type, path) : null;
    if (made !== null) return made;
    const base = this.#vocabulary.baseOf(type);
    if (base === null) return this.#membersOf(type, path);
    const rest = this.#membersOf(type, path, this.#checker.getDeclaredTypeOfSymbol(base));
    return `${this.#called(base)} & ${rest}`;
  }

  #unionOf(type: ts.UnionType, path: string): string {
    const { full, empty } = parted(type);
    const whole = this.#vocabulary.unionOf(type);
    if (whole && whole.symbol !== this.#declared) {
      const beside = type.types.filter((part) => !whole.parts.includes(part));
      return [this.#called(whole.symbol), ...beside.map((part) => this.print(part, path))].join(' | ');
    }
    const texts = full.map((part) => grouped(this.print(part, path), /^readonly |&/));
    const isBoolean = texts.includes('true') && texts.includes('false');
    const all = isBoolean ? [...texts.filter((text) => text !== 'true' && text !== 'false'), 'boolean'] : texts;
    return [...new Set(all), ...empty.map((part) => this.print(part, path)).toSorted()].join(' | ');
  }

  /** What the language, tRPC or an array make of other types. */
  #madeOf(type: ts.TypeReference, path: string): string | null {
    if (this.#checker.isTupleType(type)) return this.#tupleOf(type as ts.TupleTypeReference, path);
    const all = this.#checker.getTypeArguments(type);
    if (this.#checker.isArrayType(type)) {
      const isReadonly = type.symbol.name === 'ReadonlyArray';
      return `${isReadonly ? 'readonly ' : ''}${grouped(this.print(all[0]!, path))}[]`;
    }
    return OF_THE_LANGUAGE.has(type.symbol.name) ? this.#generic(type.symbol.name, all, path) : null;
  }

  #tupleOf(type: ts.TupleTypeReference, path: string): string {
    const { elementFlags, labeledElementDeclarations, readonly } = type.target;
    const elements = this.#checker.getTypeArguments(type).map((element, index) => {
      const flags = elementFlags[index] ?? ts.ElementFlags.Required;
      const label = labeledElementDeclarations?.[index]?.name.getText();
      const text = this.print(element, path);
      if (flags & ts.ElementFlags.Rest) return label ? `...${label}: (${text})[]` : `...(${text})[]`;
      const optional = flags & ts.ElementFlags.Optional ? '?' : '';
      return label ? `${label}${optional}: ${text}` : `${text}${optional}`;
    });
    return `${readonly ? 'readonly ' : ''}[${elements.join(', ')}]`;
  }

  /** @param base whose members are left out */
  #membersOf(type: ts.Type, path: string, base?: ts.Type): string {
    if (type.getCallSignatures().length > 0) throw new Error(`${path} has a function`);
    const properties = this.#checker
      .getPropertiesOfType(type)
      .filter(({ name }) => !(base && this.#checker.getPropertyOfType(base, name)));
    const indexes = this.#checker.getIndexInfosOfType(type);
    const [only] = indexes;
    if (only && indexes.length === 1 && properties.length === 0 && !only.isReadonly)
      return `Record<${this.print(only.keyType, path)}, ${this.print(only.type, path)}>`;
    const members = [
      ...indexes.map(({ keyType, type: value, isReadonly }) => {
        return `${isReadonly ? 'readonly ' : ''}[key: ${this.print(keyType, path)}]: ${this.print(value, path)};`;
      }),
      ...properties.map((property) => this.#memberOf(property, path)),
    ];
    return members.length === 0 ? '{}' : `{\n${members.join('\n')}\n}`;
  }

  #memberOf(property: ts.Symbol, path: string): string {
    const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
    const text = this.print(this.#checker.getTypeOfSymbol(property), `${path}.${property.name}`);
    const key = /^[A-Za-z_$][\w$]*$/.test(property.name) ? property.name : JSON.stringify(property.name);
    return `${this.#docsOf(property)}${isDeclaredReadonly(property) ? 'readonly ' : ''}${key}${optional}: ${text};`;
  }

  #docsOf(symbol: ts.Symbol): string {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).trim();
    return text === '' ? '' : `/** ${text.replaceAll('\n', '\n * ')} */\n`;
  }
}

/** A text that stays together beside an operator. */
const grouped = (text: string, operators = /[|&]|^readonly /): string => (operators.test(text) ? `(${text})` : text);

const isAnonymous = (type: ts.Type): boolean =>
  (type.flags & ts.TypeFlags.Object) !== 0 && type.aliasSymbol === undefined && !isNamed(type);

const isNamed = (type: ts.Type): boolean =>
  type.isClassOrInterface() || (isReference(type) && type.target.isClassOrInterface());

const isReference = (type: ts.Type): type is ts.TypeReference =>
  (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Reference) !== 0;

const isDeclaredReadonly = (property: ts.Symbol): boolean =>
  property.declarations?.some((one) => ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Readonly) ?? false;
