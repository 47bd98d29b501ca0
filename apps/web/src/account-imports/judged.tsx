import type { AccountImport } from '@tenantree/contract';
import { useId, useState } from 'react';
import { saveParts } from '../money/save-job.ts';
import css from '../parts/cards.module.css';
import { Act, Card, Tile, useAct } from '../parts/cards.tsx';
import { Alert, Button } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { texts } from '../texts.ts';
import { rowsWords } from './outcomes.ts';
import { ImportRows } from './rows.tsx';
import { told } from './told.ts';

const { accountImports } = tenantree.trpc;

type Props = { readonly account: string; readonly file: AccountImport };

/** What becomes of each row of a file, and the choice how it is imported. */
export function Judged({ account, file }: Props) {
  return (
    <>
      <Counts account={account} file={file} />
      <Run account={account} file={file} />
      <ImportRows key={file.plannedAt} account={account} file={file} />
    </>
  );
}

/** How many rows come to what. */
export function Counts({ account, file }: Props) {
  const { counts, filename, rows, id } = file;
  const { whole } = texts.numbers;
  const again = async (): Promise<void> => {
    await accountImports.plan.mutate({ account, import: id });
    await told();
  };
  const save = (): Promise<void> => saveParts((more) => accountImports.errors.query({ account, import: id, ...more }));
  return (
    <Card
      title={<bdi>{filename}</bdi>}
      aside={
        <>
          {counts.bad > 0 && (
            <Act does={save} working="Writing…">
              Download errors
            </Act>
          )}
          {file.state !== 'running' && (
            <Act does={again} working="Checking…">
              Check again
            </Act>
          )}
        </>
      }
    >
      <dl className={css.tiles}>
        <Tile label="Rows" value={whole(rows)} />
        <Tile
          label="New"
          value={whole(counts.new)}
          note={file.state === 'planned' ? 'accounts to be made' : 'when it was checked'}
        />
        <Tile label="The same" value={whole(counts.same)} note="there already, left as they are" />
        <Tile
          label="Bad"
          value={whole(counts.bad)}
          note={counts.bad === 0 ? '' : 'left out, or nothing is imported'}
          tone={counts.bad > 0 ? 'loss' : 'plain'}
        />
        {counts.changed > 0 && (
          <Tile label="Changed" value={whole(counts.changed)} note="come to something else than before" />
        )}
      </dl>
    </Card>
  );
}

/** All or nothing, or without the bad rows. */
function Run({ account, file }: Props) {
  const id = useId();
  const { counts } = file;
  const [mode, setMode] = useState<'all' | 'each'>('all');
  const { busy, refusal, act } = useAct();
  const isHeld = mode === 'all' && counts.bad > 0;
  const run = (): void =>
    void act(async () => {
      try {
        await accountImports.run.mutate({ account, import: file.id, mode });
      } finally {
        // Also when it was refused: what differs since is shown.
        await told();
      }
    });
  if (counts.new === 0) return <Card title="There is nothing to import">{null}</Card>;
  return (
    <Card title={`Import ${rowsWords(counts.new, 'account')}`}>
      <div className={css.in}>
        {counts.bad > 0 && (
          <fieldset className={css.in}>
            <legend>How</legend>
            <label className={css.check}>
              <input type="radio" name={id} checked={mode === 'all'} onChange={() => setMode('all')} />
              All or nothing
            </label>
            <label className={css.check}>
              <input type="radio" name={id} checked={mode === 'each'} onChange={() => setMode('each')} />
              Without the {rowsWords(counts.bad, 'bad row')}
            </label>
          </fieldset>
        )}
        <p className={css.quiet}>
          {isHeld
            ? 'Nothing is imported as long as rows are bad. Correct them in the file and send it again, or import without them.'
            : mode === 'all'
              ? 'All in one step: until it is over, nothing else in this tree is changed.'
              : 'In steps: it can be stopped in between, and what is made stays.'}
        </p>
        <Alert refusal={refusal} />
        <div className={css.acts}>
          <Button look="primary" aria-disabled={busy || isHeld} onClick={() => !isHeld && run()}>
            {busy ? 'Starting…' : `Import ${rowsWords(counts.new, 'account')}`}
          </Button>
        </div>
      </div>
    </Card>
  );
}
