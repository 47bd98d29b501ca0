import type { BlueprintTarget, ShownKind } from '@tenantree/contract';
import { type JsonValue, PERMISSIONS } from '@tenantree/domain';
import { schemaOf, titleOf } from '@tenantree/widget/products';
import css from '../parts/cards.module.css';
import { texts } from '../texts.ts';
import { useKinds } from './use-blueprints.ts';

type Products = NonNullable<BlueprintTarget['products']>;
type Item = Products['items'][number];
type Change = Item['changes'][number];
type Kinds = readonly ShownKind[];

const ACTS: Readonly<Record<Item['act'], string>> = {
  new: 'new',
  update: 'is updated',
  use_existing: 'is used as it is there',
  replace: 'is replaced',
  merge: 'is merged',
  move: 'moves',
  clash: 'its name is taken',
};
const HOWS: Readonly<Record<Change['how'], string>> = {
  updated: 'updated',
  local: 'stays: changed there',
  both_same: 'is the same there already',
  conflict: 'stays: changed there, and by the blueprint to something else',
};
const NOT_COPIED: Readonly<Record<Products['notCopied'][number]['why'], string>> = {
  missing: 'it is not there any more',
  never: 'such products are never copied',
  moves_when_chosen: 'numbers are in no blueprint',
  not_chosen: 'it works without',
  skipped: 'it is left out',
  blocked: 'it can’t be set up',
};
const BLOCKED: Readonly<Record<Products['blocked'][number]['why'], string>> = {
  missing: 'it, or what it needs, is not there any more',
  never: 'it, or what it needs, is never copied',
  hidden: 'you may not see it, or what it needs',
  forbidden: 'you may write neither it nor what it needs there',
  skipped: 'it, or what it needs, is left out',
  blocked: 'it needs what can’t be set up',
  one_account: 'it moves, into one account only',
  compliance: 'no approved and valid compliance profile is there for it',
};

/** What becomes of the products of an account: of each its places that become others or stay, and what isn't copied. */
export function PlannedProducts({ of }: { readonly of: BlueprintTarget['products'] }) {
  const kinds = useKinds();
  if (!of) return <span className={css.quiet}>–</span>;
  const { items, notCopied, blocked } = of;
  if (items.length + blocked.length === 0) return <span className={css.quiet}>stays as it is</span>;
  const names = new Map(items.map(({ product, name }) => [product, name]));
  return (
    <>
      {items.map((item) => (
        <Planned key={item.product} item={item} kinds={kinds} />
      ))}
      {blocked.map(({ product, name, why }) => (
        <div key={product} className={css.loss}>
          <bdi>{name ?? 'A product that is gone'}</bdi> can’t be set up: {BLOCKED[why]}
        </div>
      ))}
      {notCopied.length > 0 && (
        <details>
          <summary>Not copied: {texts.numbers.whole(notCopied.length)}</summary>
          {notCopied.map(({ product, name, kind, by, at, why }) => (
            <div key={`${by}${at}`} className={css.quiet}>
              <bdi>{name ?? kindOf(kinds, kind)?.label ?? product}</bdi>, which <bdi>{names.get(by) ?? ''}</bdi> names:{' '}
              {NOT_COPIED[why]}
            </div>
          ))}
        </details>
      )}
    </>
  );
}

const kindOf = (kinds: Kinds, key: string): ShownKind | undefined => kinds.find(({ kind }) => kind === key);

function Planned({ item, kinds }: { readonly item: Item; readonly kinds: Kinds }) {
  const { name, kind: key, act, changes, fits, fault, needsValue, hidden } = item;
  const kind = kindOf(kinds, key);
  const placeWords = (at: string): string => (kind && titleOf(schemaOf(kind), at)) || at;
  const told = changes.filter(({ how }) => how !== 'both_same');
  const isSame = act === 'update' && told.length === 0;
  const row = hidden && PERMISSIONS.find((one) => one.key === hidden);
  return (
    <div>
      <bdi>{name}</bdi>{' '}
      <span className={act === 'clash' ? css.loss : css.quiet}>{isSame ? 'is so already' : ACTS[act]}</span>
      {told.length > 0 && (
        <details>
          <summary>{sumWords(told)}</summary>
          {told.map((change) => (
            <div key={change.at} className={css.quiet}>
              {placeWords(change.at)}: <bdi>{brief(change.local ?? change.base)}</bdi> →{' '}
              <bdi>{brief(change.source)}</bdi> ({HOWS[change.how]})
            </div>
          ))}
        </details>
      )}
      {!fits && <div className={css.loss}>no room left by its limits</div>}
      {fault && <div className={css.loss}>{fault.message}</div>}
      {needsValue.length > 0 && (
        <div className={css.quiet}>needs a secret afterwards: {needsValue.map(placeWords).join(', ')}</div>
      )}
      {row && <div className={css.quiet}>hidden from their people: {row.label} is none</div>}
    </div>
  );
}

/** How many places become others, and how many stay. */
function sumWords(changes: readonly Change[]): string {
  const taken = changes.filter(({ how }) => how === 'updated').length;
  const places = (count: number): string => (count === 1 ? '1 place' : `${texts.numbers.whole(count)} places`);
  const stays = changes.length - taken;
  const words = [taken > 0 && `${places(taken)} updated`, stays > 0 && `${places(stays)} kept`];
  return words.filter((one) => one !== false).join(', ');
}

/** A value as it is shown. */
function brief(value: JsonValue | undefined): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
