import type { ShownBlueprint, ShownKind } from '@tenantree/contract';
import { LIMIT_KINDS, PERMISSIONS } from '@tenantree/domain';
import css from '../parts/cards.module.css';
import { Card } from '../parts/cards.tsx';
import { Button } from '../parts/parts.tsx';
import { texts } from '../texts.ts';
import { useKinds } from './use-blueprints.ts';
import { ANSWERS, LEVELS, partsOf } from './words.ts';

type Props = {
  readonly shown: ShownBlueprint;
  /** Null: whoever looks doesn't write it. */
  readonly onWrite: (() => void) | null;
};

type LimitTerms = NonNullable<NonNullable<ShownBlueprint['limits']>['agents']>;
type Product = NonNullable<ShownBlueprint['products']>[number];

/** All that a version sets up, to be looked at: before it is written on, or by those who don't write it. */
export const Says = ({ shown, onWrite }: Props) => (
  <Card title={`What version ${shown.version} sets up`}>
    <div className={css.in}>
      {onWrite && (
        <div className={css.acts}>
          <Button onClick={onWrite}>Write version {shown.newest + 1} from this one</Button>
          <span className={css.quiet}>Its products are taken as they are when that is saved.</span>
        </div>
      )}
      <dl className={css.facts}>
        <Terms shown={shown} />
        <Products shown={shown} />
      </dl>
    </div>
  </Card>
);

const Terms = ({ shown: { caps, limits, priceBook } }: Pick<Props, 'shown'>) => (
  <>
    {PERMISSIONS.flatMap(({ key, label }) => {
      const level = caps?.levels[key];
      return level === undefined ? [] : [<Fact key={key} name={label} says={LEVELS[level]} />];
    })}
    {LIMIT_KINDS.flatMap(({ key, label }) => {
      const terms = limits?.[key];
      return terms === undefined ? [] : [<Fact key={key} name={label} says={termsWords(terms)} />];
    })}
    {priceBook && (
      <Fact
        name="Price book"
        says={`${priceBook.name} v${priceBook.version}, of new accounts from ${priceBook.from === 'now' ? 'the day they are made' : 'the next billing period'}`}
      />
    )}
  </>
);

function Products({ shown: { products, variables, places } }: Pick<Props, 'shown'>) {
  const kinds = useKinds();
  const all = products ?? [];
  const standsIn = (key: string): string => {
    const named = new Set(places.flatMap((one) => (one.key === key ? [one.product] : [])));
    return all.flatMap(({ product, name }) => (named.has(product) ? [name] : [])).join(', ');
  };
  return (
    <>
      {all.map((one) => {
        const kind = kinds.find((it) => it.kind === one.kind);
        return <Fact key={one.product} name={kind?.label ?? 'Product'} says={productWords(one, kind)} />;
      })}
      {variables.map(({ key, label, required, secret }) => {
        const says = [label, secret && 'secret', required || 'may be left out', standsIn(key)];
        return <Fact key={key} name="Asks for" says={inLine(says)} />;
      })}
    </>
  );
}

/** What is said, one behind the other. */
const inLine = (words: readonly (string | boolean | null)[]): string =>
  words.filter((word) => typeof word === 'string' && word !== '').join(' · ');

function productWords({ name, version, parts, chosen, answer }: Product, kind: ShownKind | undefined): string {
  const titles = partsOf(kind).flatMap(({ key, title }) => (parts?.includes(key) ? [title] : []));
  return inLine([
    `${name} v${version}`,
    parts && `only ${titles.join(', ')}`,
    chosen || 'comes along',
    answer && `where the name is taken: ${ANSWERS[answer].toLowerCase()}`,
  ]);
}

/** What is set of a limit, in words. */
export function termsWords({ max, reserve, atLimit, thresholds }: LimitTerms): string {
  const { numbers } = texts;
  return inLine([
    max === null ? 'Unlimited' : numbers.whole(max),
    reserve !== undefined && `${numbers.whole(reserve)} kept`,
    atLimit === 'notify' && 'only says so',
    thresholds.length > 0 && `says so at ${thresholds.join(', ')} %`,
  ]);
}

const Fact = ({ name, says }: { readonly name: string; readonly says: string }) => (
  <>
    <dt>{name}</dt>
    <dd>
      <bdi>{says}</bdi>
    </dd>
  </>
);
