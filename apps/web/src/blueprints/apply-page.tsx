import { useQuery } from '@tanstack/react-query';
import type { CallRefusal } from '@tenantree/client';
import type { BlueprintPlan, ShownBlueprint } from '@tenantree/contract';
import { type RowId, SECTION_MODES, type SectionMode } from '@tenantree/domain';
import type { ClashAnswer } from '@tenantree/domain/products';
import { type FormEvent, useRef, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { useHistoryState } from 'wouter/use-browser-location';
import { PartPicker } from '../keys/part-picker.tsx';
import css from '../parts/cards.module.css';
import { Act, Card, Select, useAct } from '../parts/cards.tsx';
import { Alert, Button, errorOf, Field, Loaded, NotForYou, Page } from '../parts/parts.tsx';
import { tenantree } from '../server.ts';
import { useAccount } from '../shell/use-account.ts';
import { type Chosen, chosenIn } from './chosen.ts';
import { Preview } from './preview.tsx';
import { accountsWords, MANAGING, MODES } from './words.ts';

const { accounts, blueprints } = tenantree.trpc;

/** Accounts that one plan takes. */
const MOST = 500;

type Props = { readonly account: string; readonly blueprint: string };

/** Applies a blueprint to accounts, or brings them in line with it: what is asked for, what it would do to each, and only then doing it. */
export default function ApplyPage({ account, blueprint }: Props) {
  const acting = useAccount(account).data;
  const search = new URLSearchParams(useSearch());
  const how = search.get('how') === 'line' ? 'line' : 'apply';
  const version = Number(search.get('version') ?? '');
  const wanted = how === 'apply' && Number.isInteger(version) && version > 0 ? version : null;
  const query = useQuery({
    queryKey: ['blueprint', account, blueprint, wanted],
    queryFn: () => blueprints.get.query({ account, blueprint, ...(wanted !== null && { version: wanted }) }),
  });
  const shown = query.data?.blueprint;
  const name = shown?.name ?? 'Blueprint';
  return (
    <Page
      title={how === 'line' ? `Bring in line with ${name}` : `Apply ${name}`}
      lead={
        how === 'line'
          ? 'Takes what only the blueprint changed. What was changed in an account stays. You see all of it before anything is done.'
          : 'Sets accounts up. You see what becomes of each before anything is done.'
      }
    >
      <div className={css.acts}>
        <Link href={`/a/${account}/blueprints/${blueprint}`}>
          <bdi>{name}</bdi>
        </Link>
      </div>
      <Loaded query={query} missing="No such blueprint">
        {({ blueprint: found }) =>
          acting === undefined ? null : acting.levels['account.subaccounts'] === 'full' ? (
            <Steps key={`${found.id} ${how}`} account={account} blueprint={found} how={how} />
          ) : (
            <NotForYou account={acting.name} act="set accounts up" permission={MANAGING} />
          )
        }
      </Loaded>
    </Page>
  );
}

type StepsProps = { readonly account: string; readonly blueprint: ShownBlueprint; readonly how: 'apply' | 'line' };
type Answers = ReadonlyMap<RowId, ClashAnswer>;

/** What is asked for. */
type Wish = {
  readonly chosen: readonly Chosen[];
  readonly values: Readonly<Record<string, string>>;
  readonly modes: Modes;
  readonly answers: Answers;
};

function Steps({ account, blueprint, how }: StepsProps) {
  const given = chosenIn(useHistoryState());
  const [wish, setWish] = useState<Wish>({
    chosen: given,
    values: {},
    modes: { caps: 'replace', limits: 'replace' },
    answers: new Map(),
  });
  const [plan, setPlan] = useState<BlueprintPlan | null>(null);
  // A preview that comes after something else was said is of what nobody wants any more.
  const wanted = useRef(wish);
  const { refusal, busy, act } = useAct();
  const lookAhead = (asked: Wish): void =>
    void act(async () => {
      const { chosen, values, modes, answers } = asked;
      setPlan(null);
      const found = await blueprints.plan.mutate({
        account,
        blueprint: blueprint.id,
        how,
        targets: chosen.map(({ id }) => id),
        ...(how === 'apply' && { version: blueprint.version, ...modes }),
        variables: filled(values),
        answers: [...answers].map(([product, as]) => ({ product, as })),
      });
      if (wanted.current === asked) setPlan(found);
    });
  const say = (next: Wish): void => {
    wanted.current = next;
    setPlan(null);
    setWish(next);
  };
  const change = (more: Partial<Wish>): void => say({ ...wish, ...more });
  const answer = (product: RowId, as: ClashAnswer): void => {
    const next = { ...wish, answers: new Map(wish.answers).set(product, as) };
    say(next);
    lookAhead(next);
  };
  return (
    <>
      <Card title="Which accounts">
        <Asked
          account={account}
          blueprint={blueprint}
          how={how}
          wish={wish}
          refusal={refusal}
          busy={busy}
          onChange={change}
          onPreview={() => lookAhead(wish)}
        />
      </Card>
      {plan && (
        <Card title={`What it does to ${accountsWords(plan.targets.length)}`}>
          <Preview plan={plan} answers={wish.answers} onAnswer={answer} />
          <Run account={account} plan={plan} how={how} />
        </Card>
      )}
    </>
  );
}

type AskedProps = StepsProps & {
  readonly wish: Wish;
  readonly refusal: CallRefusal | null;
  readonly busy: boolean;
  readonly onChange: (more: Partial<Wish>) => void;
  readonly onPreview: () => void;
};

/** Which accounts, and what they are set up with. Of those to be brought in line each has its values already. */
function Asked({ account, blueprint, how, wish, refusal, busy, onChange, onPreview }: AskedProps) {
  const { variables, sections } = blueprint;
  const { chosen, values, modes } = wish;
  const preview = (event: FormEvent): void => {
    event.preventDefault();
    onPreview();
  };
  return (
    <form className={css.in} onSubmit={preview}>
      <PartPicker
        account={account}
        parts={chosen}
        onChange={(parts) => onChange({ chosen: parts })}
        error={errorOf(refusal, 'targets')}
        label="Add accounts below"
        chosenLabel="Accounts that are chosen"
      />
      <div className={css.acts}>
        <AllBelow account={account} onFound={(found) => onChange({ chosen: found })} />
        <span className={css.quiet}>{accountsWords(chosen.length)} chosen</span>
        {chosen.length > MOST && (
          <span className={css.warn} role="status">
            One go takes {MOST} accounts at the most: choose fewer.
          </span>
        )}
      </div>
      {how === 'apply' && (
        <>
          <Values
            variables={variables}
            values={values}
            refusal={refusal}
            onChange={(given) => onChange({ values: given })}
          />
          <HowMet sections={sections} modes={modes} onChange={(wished) => onChange({ modes: wished })} />
        </>
      )}
      <Alert refusal={refusal} fields={['targets', ...variables.map(({ key }) => `variables.${key}`)]} />
      <div className={css.acts}>
        <Button type="submit" disabled={busy || chosen.length === 0 || chosen.length > MOST}>
          {busy ? 'Looking…' : 'Preview'}
        </Button>
      </div>
    </form>
  );
}

type RunProps = { readonly account: string; readonly plan: BlueprintPlan; readonly how: 'apply' | 'line' };

/** Does what was shown, and leads to the job that does. */
function Run({ account, plan: { plan, ready }, how }: RunProps) {
  const [, navigate] = useLocation();
  const { refusal, busy, act } = useAct();
  const begin = (): void =>
    void act(async () => {
      const { job } = await blueprints.run.mutate({ account, plan });
      navigate(`/a/${account}/work/${job}`);
    });
  return (
    <div className={css.in}>
      <Alert refusal={refusal} />
      {refusal?.faults?.map(({ at, message }) => (
        <p key={at}>{message}</p>
      ))}
      <div className={css.acts}>
        <Button look="primary" disabled={busy || !ready} onClick={begin}>
          {how === 'line' ? 'Bring in line' : 'Apply'}
        </Button>
        {!ready && <span className={css.quiet}>Nothing can be done like this, or a question is open.</span>}
      </div>
    </div>
  );
}

/** What was left empty was not given. */
const filled = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''));

/** Chooses all accounts below, as far as one plan takes them. */
function AllBelow({
  account,
  onFound,
}: {
  readonly account: string;
  readonly onFound: (found: readonly Chosen[]) => void;
}) {
  const [left, setLeft] = useState(0);
  const find = async (): Promise<void> => {
    const found: Chosen[] = [];
    let page = await accounts.search.query({ account, sort: 'name', limit: 200 });
    const { total } = page;
    for (;;) {
      const { matches, rows } = page;
      found.push(...rows.filter(({ id }) => matches.includes(id)).map(({ id, name }) => ({ id, name })));
      if (page.nextCursor === null || found.length >= MOST) break;
      page = await accounts.search.query({ account, sort: 'name', limit: 200, cursor: page.nextCursor });
    }
    onFound(found.slice(0, MOST));
    setLeft(Math.max(0, total - MOST));
  };
  return (
    <>
      <Act does={find} working="Looking…">
        Choose all below
      </Act>
      {left > 0 && <span className={css.warn}>The first {MOST} are chosen: one go takes no more.</span>}
    </>
  );
}

type ValuesProps = {
  readonly variables: ShownBlueprint['variables'];
  readonly values: Readonly<Record<string, string>>;
  readonly refusal: CallRefusal | null;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
};

const INPUTS = { text: 'text', number: 'text', email: 'email', url: 'url' } as const;

const Values = ({ variables, values, refusal, onChange }: ValuesProps) =>
  variables.length > 0 && (
    <fieldset className={css.in}>
      <legend>Values, the same for all of them</legend>
      <div className={css.fields}>
        {variables.map(({ key, label, type, required, secret }) => (
          <Field
            key={key}
            label={required ? label : `${label} (optional)`}
            type={secret ? 'password' : INPUTS[type]}
            inputMode={type === 'number' ? 'decimal' : undefined}
            autoComplete="off"
            required={required}
            maxLength={4_000}
            value={values[key] ?? ''}
            error={errorOf(refusal, `variables.${key}`)}
            onChange={({ target }) => onChange({ ...values, [key]: target.value })}
          />
        ))}
      </div>
    </fieldset>
  );

type Modes = { readonly caps: SectionMode; readonly limits: SectionMode };
type ModesProps = {
  readonly sections: ShownBlueprint['sections'];
  readonly modes: Modes;
  readonly onChange: (modes: Modes) => void;
};

const HowMet = ({ sections, modes, onChange }: ModesProps) => (
  <div className={css.fields}>
    {(['caps', 'limits'] as const).map(
      (section) =>
        sections.includes(section) && (
          <Select
            key={section}
            label={section === 'caps' ? 'Permissions that are there' : 'Limits that are there'}
            value={modes[section]}
            onChange={({ target }) =>
              onChange({ ...modes, [section]: SECTION_MODES.find((mode) => mode === target.value) ?? 'replace' })
            }
          >
            {SECTION_MODES.map((mode) => (
              <option key={mode} value={mode}>
                {MODES[mode]}
              </option>
            ))}
          </Select>
        ),
    )}
  </div>
);
