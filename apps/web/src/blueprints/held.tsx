import { useQuery } from '@tanstack/react-query';
import type { BlueprintDocument, ShownBlueprint, ShownKind } from '@tenantree/contract';
import { isRecord, type JsonValue } from '@tenantree/domain';
import { bare, branchOf, fieldsOf, type Schema, schemaOf, titleOf } from '@tenantree/widget/products';
import { useState } from 'react';
import css from '../parts/cards.module.css';
import { Card } from '../parts/cards.tsx';
import { Empty, Loaded } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useKinds } from './use-blueprints.ts';

type Product = NonNullable<ShownBlueprint['products']>[number];
type Props = { readonly account: string; readonly shown: ShownBlueprint };

/** What the products of a version hold: as they were when it was saved, whatever became of them since. */
export function Held({ account, shown }: Props) {
  const kinds = useKinds();
  const all = shown.products ?? [];
  if (all.length === 0) return null;
  const names = new Map<string, string>(all.map(({ product, name }) => [product, name]));
  return (
    <Card title={`What the products of version ${shown.version} hold`}>
      <ul className={css.bars}>
        {all.map((one) => (
          <li key={one.product}>
            <Opened
              account={account}
              shown={shown}
              product={one}
              kind={kinds.find(({ kind }) => kind === one.kind)}
              names={names}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}

type OpenedProps = Props & {
  readonly product: Product;
  readonly kind: ShownKind | undefined;
  /** Of all products of the version. */
  readonly names: ReadonlyMap<string, string>;
};

function Opened({ account, shown: { id, version }, product: { product, name }, kind, names }: OpenedProps) {
  const [isOpen, setIsOpen] = useState(false);
  const query = useQuery({
    queryKey: ['blueprint', account, id, version, product],
    queryFn: () => tenantree.trpc.blueprints.product.query({ account, blueprint: id, version, product }),
    enabled: isOpen,
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <details onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>
        <bdi>{name}</bdi> <span className={css.quiet}>{kind?.label}</span>
      </summary>
      {isOpen && kind && (
        <Loaded query={query} missing="It is not in this version">
          {({ product: held }) => <Lines held={held} kind={kind} names={names} />}
        </Loaded>
      )}
    </details>
  );
}

type LinesProps = Pick<OpenedProps, 'names'> & { readonly held: BlueprintDocument; readonly kind: ShownKind };

/** A document in lines, each with what its field is called: what is empty is left out. */
function Lines({ held: { document, secrets }, kind, names }: LinesProps) {
  const schema = schemaOf(kind);
  const lines = [
    ...linesOf(schema, document, '', names),
    ...secrets.map((at): Line => ({ at, title: titleOf(schema, at), says: 'a secret: its value is in no blueprint' })),
  ];
  if (lines.length === 0) return <Empty>Nothing that you may see.</Empty>;
  return (
    <dl className={css.stacked}>
      {lines.map(({ at, title, says }) => (
        <div key={at}>
          <dt>{title}</dt>
          <dd>
            <bdi>{says}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

type Line = { readonly at: string; readonly title: string; readonly says: string };

function linesOf(
  of: Schema,
  value: JsonValue | undefined,
  at: string,
  names: OpenedProps['names'],
  title = '',
): readonly Line[] {
  const schema = bare(of);
  if (value === undefined || value === null || value === '') return [];
  if (isRecord(value)) {
    const fields = fieldsOf(branchOf(schema, value) ?? schema);
    const known = fields.length > 0 ? fields : Object.keys(value).map((name): readonly [string, Schema] => [name, {}]);
    return known.flatMap(([name, field]) => {
      if (name === 'id' || field.secret) return [];
      const inner = [title, bare(field).title ?? field.title ?? name].filter((one) => one !== '').join(' › ');
      return linesOf(field, value[name], `${at}/${name}`, names, inner);
    });
  }
  if (Array.isArray(value) && value.some(isRecord))
    return value.flatMap((entry, n) => linesOf(schema.items ?? {}, entry, `${at}/${n}`, names, `${title} ${n + 1}`));
  const says = Array.isArray(value)
    ? value.map((one) => leafWords(schema.items ?? {}, one, names)).join(', ')
    : leafWords(schema, value, names);
  return says === '' ? [] : [{ at, title, says }];
}

function leafWords(of: Schema, value: JsonValue, names: OpenedProps['names']): string {
  const schema = bare(of);
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (schema.ref !== undefined) return names.get(text) ?? 'something that is not in this version';
  const words = schema.labels?.[text] ?? text;
  return schema.unit === undefined ? words : `${words} ${schema.unit}`;
}
