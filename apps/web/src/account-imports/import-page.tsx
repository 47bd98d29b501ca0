import { useQuery } from '@tanstack/react-query';
import type { AccountImport } from '@tenantree/contract';
import { isId, type RowId } from '@tenantree/domain';
import { useEffect, useId, useRef, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { MANAGING } from '../blueprints/words.ts';
import css from '../parts/cards.module.css';
import { Card, Table, useAct } from '../parts/cards.tsx';
import { Alert, Button, keepFocus, Loaded, NotForYou, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import own from './account-imports.module.css';
import { Judged } from './judged.tsx';
import { Running } from './running.tsx';
import { sendFile } from './send-file.ts';
import { told } from './told.ts';

const { accountImports } = tenantree.trpc;

/** The file that an address names. */
const fileIn = (search: string): RowId | null => {
  const id = new URLSearchParams(search).get('file') ?? '';
  return isId(id) ? (id as RowId) : null;
};

/**
 * Imports accounts from a CSV file: chosen or dropped, judged row by row, then imported by a job. Which file it is stands in the address, so
 * that one can leave and come back.
 */
export default function ImportPage({ account }: { readonly account: string }) {
  const [path, navigate] = useLocation();
  const file = fileIn(useSearch());
  const acting = useAccount(account).data;
  const name = acting?.name ?? 'this account';
  const open = (id: RowId | null): void => {
    navigate(id === null ? path : `${path}?file=${id}`);
    keepFocus();
  };
  return (
    <Page
      title="Import accounts"
      lead={`Makes the accounts of a CSV file below ${name}. You see what becomes of every row before anything is made.`}
    >
      {acting && acting.levels['account.subaccounts'] !== 'full' ? (
        <NotForYou account={acting.name} act="import accounts" permission={MANAGING} />
      ) : file === null ? (
        <>
          <Choose account={account} onSent={open} />
          <Recent account={account} />
        </>
      ) : (
        <Opened key={file} account={account} file={file} onOther={() => open(null)} />
      )}
    </Page>
  );
}

type ChooseProps = { readonly account: string; readonly onSent: (file: RowId) => void };

/** A file is chosen or dropped, sent, and judged at once. */
function Choose({ account, onSent }: ChooseProps) {
  const id = useId();
  const { busy, refusal, act } = useAct();
  const [over, setOver] = useState(false);
  const [name, setName] = useState('');
  const take = (file: File | undefined): void => {
    if (!file) return;
    setName(file.name);
    void act(async () => onSent(await sendFile(account, file)));
  };
  return (
    <Card title="Choose a file">
      <div
        className={`${css.in} ${own.drop}`}
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files[0]);
        }}
      >
        <label htmlFor={id}>CSV file, UTF-8, up to 64 MB and 100,000 rows</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv,text/plain"
          aria-describedby={`${id}-columns`}
          onChange={({ currentTarget }) => {
            take(currentTarget.files?.[0]);
            currentTarget.value = '';
          }}
        />
        <p role="status">{busy ? `Sending ${name} …` : 'Or drop it here.'}</p>
        <Alert refusal={refusal} />
      </div>
      <p id={`${id}-columns`} className={`${css.in} ${css.quiet}`}>
        Columns: externalId and name; parentExternalId for accounts that stand below others; metadata as JSON. A file
        that was exported here can be read back as it is. Rows may stand in any order.
      </p>
    </Card>
  );
}

/** Files that were sent within a day. */
function Recent({ account }: { readonly account: string }) {
  const query = useQuery({
    queryKey: ['accountImports', account],
    queryFn: () => accountImports.list.query({ account }),
  });
  const rows = query.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <Card title="Files of the last day">
      <Table label="Files of the last day" columns={['File', 'Sent', { figure: 'Rows' }, 'State']}>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <th scope="row">
                <Link href={`?file=${row.id}`}>
                  <bdi>{row.filename}</bdi>
                </Link>
              </th>
              <td>{texts.numbers.dateTime(row.createdAt)}</td>
              <td className={css.number}>{texts.numbers.whole(row.rows)}</td>
              <td>{STATES[row.state](row)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

const STATES: Readonly<Record<AccountImport['state'], (file: AccountImport) => string>> = {
  read: () => 'Not checked yet',
  planned: ({ counts }) => `Checked: ${texts.numbers.whole(counts.new)} new, ${texts.numbers.whole(counts.bad)} bad`,
  running: () => 'Being imported',
  ended: ({ made }) => `Imported: ${texts.numbers.whole(made)} made`,
};

type OpenedProps = { readonly account: string; readonly file: RowId; readonly onOther: () => void };

/** One file, at whatever stage it is. */
function Opened({ account, file, onOther }: OpenedProps) {
  const query = useQuery({
    queryKey: ['accountImports', account, file],
    queryFn: () => accountImports.get.query({ account, import: file }),
  });
  return (
    <>
      <div className={css.acts}>
        <Button onClick={onOther}>Another file</Button>
      </div>
      <div className={query.data ? own.stages : 'card'}>
        <Loaded query={query} missing="No such file">
          {(found) => <Stage account={account} file={found} />}
        </Loaded>
      </div>
    </>
  );
}

type StageProps = { readonly account: string; readonly file: AccountImport };

function Stage({ account, file }: StageProps) {
  switch (file.state) {
    case 'read':
      return <Checking account={account} file={file} />;
    case 'planned':
      return <Judged account={account} file={file} />;
    default:
      return <Running account={account} file={file} />;
  }
}

/** A file that was just sent is judged without being asked to. */
function Checking({ account, file }: StageProps) {
  const { refusal, act } = useAct();
  const check = (): void =>
    void act(async () => {
      await accountImports.plan.mutate({ account, import: file.id });
      await told();
    });
  const first = useRef(check);
  useEffect(() => first.current(), []);
  return (
    <Card title={<bdi>{file.filename}</bdi>}>
      <div className={css.in}>
        {refusal ? (
          <>
            <Alert refusal={refusal} />
            <div className={css.acts}>
              <Button onClick={check}>Check again</Button>
            </div>
          </>
        ) : (
          <p role="status">Checking {texts.numbers.whole(file.rows)} rows. Nothing is made …</p>
        )}
      </div>
    </Card>
  );
}
