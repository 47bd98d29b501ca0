import { useQuery } from '@tanstack/react-query';
import type { ShownBlueprint } from '@tenantree/contract';
import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { ask } from '../parts/ask.ts';
import css from '../parts/cards.module.css';
import { Card, useAct } from '../parts/cards.tsx';
import { Alert, Button, errorOf, Field, Loaded, NotForYou, Page } from '../parts/parts.tsx';
import { giveUp, noteWritten, useUnsaved } from '../parts/unsaved.ts';
import { queries, tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { texts } from '../texts.ts';
import { Drift } from './drift.tsx';
import { Editor } from './editor.tsx';
import { Held } from './held.tsx';
import { Says } from './says.tsx';
import { MANAGING } from './words.ts';

const { blueprints } = tenantree.trpc;

/** A blueprint: how accounts stand to it, what a version sets up, and its versions. A version never changes; saving makes another one. */
export default function BlueprintPage({
  account,
  blueprint,
}: {
  readonly account: string;
  readonly blueprint: string;
}) {
  const isNew = blueprint === 'new';
  const [version, setVersion] = useState<number | null>(null);
  useUnsaved();
  // An earlier version is looked at first, and then written on.
  const [writes, setWrites] = useState<number | null>(null);
  const query = useQuery({
    queryKey: ['blueprint', account, blueprint, version],
    queryFn: () => blueprints.get.query({ account, blueprint, ...(version !== null && { version }) }),
    enabled: !isNew,
    // What is written meanwhile stays: another version that somebody saves is told of when this one is saved.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  });
  const acting = useAccount(account).data;
  const manages = acting?.levels['account.subaccounts'] === 'full';
  const shown = query.data?.blueprint;
  const isOwn = shown?.from.id === account && manages;
  return (
    <Page
      title={isNew ? 'New blueprint' : (shown?.name ?? 'Blueprint')}
      lead="What it sets accounts up with. Versions never change: what is saved here changes no account until it is applied."
    >
      <div className={css.acts}>
        <Link href={`/a/${account}/blueprints`}>Blueprints</Link>
        {shown && <Acts account={account} shown={shown} isOwn={isOwn} />}
      </div>
      {isNew ? (
        acting === undefined ? null : manages ? (
          <Editor account={account} shown={null} />
        ) : (
          <NotForYou account={acting.name} act="write blueprints" permission={MANAGING} />
        )
      ) : (
        <Loaded query={query} missing="No such blueprint">
          {({ blueprint: found }) => (
            <>
              <Drift account={account} blueprint={found.id} name={found.name} />
              <div className={css.two}>
                {isOwn && (found.version === found.newest || found.version === writes) ? (
                  <Editor key={`${found.id} ${found.version}`} account={account} shown={found} />
                ) : (
                  <Says shown={found} onWrite={isOwn ? () => setWrites(found.version) : null} />
                )}
                <Beside account={account} shown={found} onChoose={setVersion} />
              </div>
            </>
          )}
        </Loaded>
      )}
    </Page>
  );
}

type ActsProps = { readonly account: string; readonly shown: ShownBlueprint; readonly isOwn: boolean };

function Acts({ account, shown: { id, name, version }, isOwn }: ActsProps) {
  const [, navigate] = useLocation();
  const [renaming, setRenaming] = useState(false);
  const manages = useAccount(account).data?.levels['account.subaccounts'] === 'full';
  const remove = (): Promise<void> =>
    ask({
      title: `Delete “${name}”?`,
      text: 'Accounts keep what it set up, and are compared with nothing any more.',
      submit: 'Delete blueprint',
      act: async () => {
        await blueprints.remove.mutate({ account, blueprint: id });
        noteWritten('nothing');
        // The list that is shown next has it no more.
        await queries.invalidateQueries({ queryKey: ['blueprints', account], refetchType: 'all' });
        navigate(`/a/${account}/blueprints`);
      },
    });
  return (
    <>
      {manages && (
        <Button look="primary" onClick={() => navigate(`/a/${account}/blueprints/${id}/apply?version=${version}`)}>
          Apply to accounts
        </Button>
      )}
      {isOwn && manages && (
        <>
          <Button aria-expanded={renaming} onClick={() => setRenaming(!renaming)}>
            Rename
          </Button>
          <Button look="danger" onClick={() => void remove()}>
            Delete
          </Button>
        </>
      )}
      {renaming && <Rename account={account} blueprint={id} name={name} onDone={() => setRenaming(false)} />}
    </>
  );
}

type RenameProps = {
  readonly account: string;
  readonly blueprint: ShownBlueprint['id'];
  readonly name: string;
  readonly onDone: () => void;
};

function Rename({ account, blueprint, name, onDone }: RenameProps) {
  const [wished, setWished] = useState(name);
  const { refusal, busy, act } = useAct();
  const save = (event: FormEvent): void => {
    event.preventDefault();
    void act(async () => {
      await blueprints.rename.mutate({ account, blueprint, name: wished });
      await queries.invalidateQueries();
      onDone();
    });
  };
  return (
    <form className={css.acts} onSubmit={save}>
      <Field
        label="Name, of all versions"
        autoFocus
        required
        maxLength={120}
        value={wished}
        error={errorOf(refusal, 'name')}
        onChange={({ target }) => setWished(target.value)}
      />
      <Button type="submit" disabled={busy}>
        Save name
      </Button>
      <Alert refusal={refusal} fields={['name']} />
    </form>
  );
}

/** Which versions there are, and what the one that is shown holds. */
const Beside = ({ account, shown, onChoose }: VersionsProps & { readonly account: string }) => (
  <div className={css.column}>
    <Versions shown={shown} onChoose={(wished) => giveUp(() => onChoose(wished), `show version ${wished}`)} />
    <Held key={shown.version} account={account} shown={shown} />
  </div>
);

type VersionsProps = { readonly shown: ShownBlueprint; readonly onChoose: (version: number) => void };

const Versions = ({ shown, onChoose }: VersionsProps) => (
  <Card title="Versions">
    <ul className={css.bars}>
      {shown.versions.map(({ version, savedAt, savedBy }) => (
        <li key={version}>
          <span>
            v{version} <bdi>{savedBy?.name ?? ''}</bdi>{' '}
            <span className={css.quiet}>{texts.numbers.dateTime(savedAt)}</span>
          </span>
          {version === shown.version ? (
            <span className={css.badge}>shown</span>
          ) : (
            <Button look="quiet" aria-label={`Show version ${version}`} onClick={() => onChoose(version)}>
              Show
            </Button>
          )}
        </li>
      ))}
    </ul>
    {shown.versions.length === 0 && <p className={`${css.in} ${css.quiet}`}>It belongs to an account above you.</p>}
  </Card>
);
