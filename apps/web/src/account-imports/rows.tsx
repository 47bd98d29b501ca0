import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { AccountImport, AccountImportRow } from '@tenantree/contract';
import { useState } from 'react';
import css from '../parts/cards.module.css';
import { Card, Select, Table, usePages } from '../parts/cards.tsx';
import { Empty, Loaded } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import own from './account-imports.module.css';
import { outcomeWords, rowsWords } from './outcomes.ts';

const { accountImports } = tenantree.trpc;

type Of = 'new' | 'same' | 'bad' | 'changed';
type Props = { readonly account: string; readonly file: AccountImport };

const PAGE = 50;

/** The choices of rows that there are: bad ones first, also by what is wrong with them. */
function choicesOf({ counts }: AccountImport): { readonly value: string; readonly words: string }[] {
  const choice = (value: string, words: string, n: number) =>
    n > 0 ? [{ value, words: `${words} (${texts.numbers.whole(n)})` }] : [];
  const codes = Object.entries(counts.byCode).toSorted(([, a], [, b]) => b - a);
  return [
    ...choice('changed', 'Changed since', counts.changed),
    ...choice('bad', 'All bad rows', counts.bad),
    ...codes.flatMap(([code, n]) => choice(`bad ${code}`, outcomeWords(code), n)),
    ...choice('new', 'New', counts.new),
    ...choice('same', 'The same', counts.same),
  ];
}

/** Rows of a file by what becomes of them, with line, field and message. */
export function ImportRows({ account, file }: Props) {
  const choices = choicesOf(file);
  const [chosen, setChosen] = useState(choices[0]?.value ?? 'new');
  if (choices.length === 0) return null;
  return (
    <Card title="Rows">
      <div className={css.in}>
        <Select label="Show" value={chosen} onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
          {choices.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </Select>
      </div>
      <Listed key={chosen} account={account} file={file} chosen={chosen} />
    </Card>
  );
}

function Listed({ account, file, chosen }: Props & { readonly chosen: string }) {
  const [of, code] = chosen.split(' ') as [Of, string?];
  const { cursor, turner } = usePages(['Before', 'Next']);
  const query = useQuery({
    queryKey: ['accountImports', account, file.id, 'rows', chosen, cursor ?? '', file.plannedAt, file.counts.bad],
    queryFn: () =>
      accountImports.rows.query({
        account,
        import: file.id,
        of,
        limit: PAGE,
        ...(code !== undefined && { code }),
        ...(cursor !== undefined && { cursor }),
      }),
    placeholderData: keepPreviousData,
  });
  return (
    <Loaded query={query}>
      {({ rows, nextCursor }) => (
        <>
          {rows.length === 0 ? <Empty>No such rows.</Empty> : <Rows columns={file.columns} rows={rows} />}
          {turner(nextCursor)}
        </>
      )}
    </Loaded>
  );
}

type RowsProps = { readonly columns: readonly string[]; readonly rows: readonly AccountImportRow[] };

const Rows = ({ columns, rows }: RowsProps) => (
  <Table label={rowsWords(rows.length, 'row')} columns={[{ figure: 'Line' }, 'Becomes', 'Field', 'Why', 'Row']}>
    <tbody>
      {rows.map(({ line, outcome, was, field, message, cells }) => (
        <tr key={line}>
          <th scope="row" className={`${css.number} ${own.line}`}>
            {line}
          </th>
          <td className={outcome === 'new' || outcome === 'same' ? '' : css.loss}>
            {outcomeWords(outcome)}
            {was !== null && <div className={css.quiet}>was: {outcomeWords(was)}</div>}
          </td>
          <td>{field ?? '–'}</td>
          <td className={own.why}>{message ?? '–'}</td>
          <td className={own.cells}>
            {cells.map((cell, n) =>
              cell === '' ? null : (
                // biome-ignore lint/suspicious/noArrayIndexKey: a row's cells are told apart by their place alone
                <span key={n}>
                  <span className={css.quiet}>{columns[n] ?? `cell ${n + 1}`}</span> <bdi>{cell}</bdi>
                </span>
              ),
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </Table>
);
