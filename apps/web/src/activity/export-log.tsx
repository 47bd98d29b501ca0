import { type CallRefusal, refusalOf } from '@tenantree/client';
import { useState } from 'react';
import { Alert, Button } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import css from './activity.module.css';
import type { Filter } from './filter-state.ts';

/** By this mark spreadsheets know that the file is UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

type Props = { readonly account: string; readonly filter: Pick<Filter, 'scope' | 'kind' | 'by'> };

/** Saves all entries that are asked for, not only those on screen, as one CSV file. */
export function ExportLog({ account, filter }: Props) {
  const [state, setState] = useState<'idle' | 'working'>('idle');
  const [refusal, setRefusal] = useState<CallRefusal | null>(null);
  const run = async (): Promise<void> => {
    setState('working');
    setRefusal(null);
    try {
      save(await read(account, filter));
    } catch (error) {
      setRefusal(refusalOf(error));
    }
    setState('idle');
  };
  return (
    <>
      <Button className={css.export ?? ''} disabled={state === 'working'} onClick={() => void run()}>
        {state === 'working' ? 'Exporting…' : 'Export CSV'}
      </Button>
      <Alert refusal={refusal} />
    </>
  );
}

async function read(account: string, { scope, kind, by }: Props['filter']): Promise<{ name: string; parts: string[] }> {
  const parts: string[] = [];
  let cursor: string | null = null;
  let name = '';
  do {
    const asked = { account, scope, ...(kind && { kind }), ...(by && { actor: by }), ...(cursor && { cursor }) };
    const file: Awaited<ReturnType<typeof tenantree.trpc.audit.export.query>> =
      await tenantree.trpc.audit.export.query(asked);
    // Every file has the names of its columns; one is enough.
    parts.push(parts.length === 0 ? file.csv : file.csv.slice(file.csv.indexOf('\n') + 1));
    name = file.filename;
    cursor = file.nextCursor;
  } while (cursor !== null);
  return { name, parts };
}

function save({ name, parts }: { readonly name: string; readonly parts: readonly string[] }): void {
  const url = URL.createObjectURL(new Blob([BYTE_ORDER_MARK, ...parts], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
