import type { Cell, RowAct, Table } from '../parts/sam-table.ts';
import type { Texts } from '../strings/texts.ts';
import { wordsOf } from './product-form.ts';
import type { ProductRow, ShownKind } from './products-source.ts';
import { bare, schemaOf } from './schema.ts';

type Opening = {
  readonly wayOf: (row: ProductRow) => NonNullable<Cell['way']>;
  readonly isUnsaved: (row: ProductRow) => boolean;
};

/** Text of a document that is longer is cut in lists. */
const MOST = 80;

/** Products of a kind, with what its entry in the registry says that lists show. */
export function productsTable(
  kind: ShownKind,
  rows: readonly ProductRow[],
  texts: Texts,
  { wayOf, isUnsaved }: Opening,
): Table<ProductRow> {
  const { say, numbers } = texts;
  const { properties = {} } = schemaOf(kind);
  const columns = kind.columns.map((at, n) => {
    const field = bare(properties[at.slice(1)] ?? {});
    const cell = ({ columns: values }: ProductRow): Cell => {
      const text = wordsOf(field, values[n], { texts, nameOf: String });
      return text ? { text: text.length > MOST ? `${text.slice(0, MOST)}…` : text, tone: 'quiet' } : {};
    };
    return { label: field.title ?? at, cell };
  });
  const name = (row: ProductRow): Cell => ({
    text: row.name,
    tone: 'strong',
    way: wayOf(row),
    ...(row.link?.updateAvailable && { aside: say('productUpdate') }),
    ...(isUnsaved(row) && { aside: `● ${say('productUnsaved')}` }),
  });
  return {
    columns: [
      { label: properties['name']?.title ?? '', cell: name },
      ...columns,
      { label: say('productSaved'), cell: ({ savedAt: at }) => ({ text: numbers.day(at), at, tone: 'quiet' }) },
    ],
    rows,
    keyOf: ({ id }) => id,
  };
}

/** What a product was at some time. */
export type Past = {
  readonly key: string;
  readonly name: string;
  readonly aside?: string;
  readonly at: string;
  readonly by: { readonly name: string };
  readonly acts: readonly Omit<RowAct, 'name'>[];
};

/** Versions, or what was deleted. @param when what the instants are of */
export const pastTable = (rows: readonly Past[], when: string, { say, numbers }: Texts): Table<Past> => ({
  columns: [
    { label: say('productName'), cell: ({ name: text, aside }) => ({ text, tone: 'strong', ...(aside && { aside }) }) },
    { label: when, cell: ({ at }) => ({ text: numbers.dateTime(at), at }) },
    { label: say('productBy'), cell: ({ by }) => ({ text: by.name }) },
  ],
  rows,
  keyOf: ({ key }) => key,
  actsLabel: say('productRestore'),
  actsOf: ({ acts, name, aside = '' }) => acts.map((act) => ({ ...act, name: `${act.label}: ${name} ${aside}` })),
});
