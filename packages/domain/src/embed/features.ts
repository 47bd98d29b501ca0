import { HIGHEST, type Levels, packLevels, UNBOUNDED } from '../permissions/levels.ts';

/**
 * What an embedded screen can be opened for (rules/keys 8), beside reading accounts, which every one may. Which procedures each
 * stands for is listed in the guard. Keys are stored: rename none, reuse none.
 */
export const EMBED_FEATURES = [
  'usage',
  'switch',
  'create',
  'rename',
  'suspend',
  'close',
  'members',
  'permissions',
  'activity',
  'limits',
  'billing',
  'products',
  'import',
] as const;
export type EmbedFeature = (typeof EMBED_FEATURES)[number];

/** Features of which nothing is left for reading only. */
const CHANGING: ReadonlySet<EmbedFeature> = new Set(['create', 'rename', 'suspend', 'close', 'import']);

/** What an embedded screen is opened for: some features, to change things or only to read. */
export type EmbedGrant = { readonly access: 'read' | 'full'; readonly features: readonly EmbedFeature[] };

/**
 * What a wish for an embedded screen comes to (rules/keys 8). Features that are named are all there is; without any it is reading
 * accounts and usage, and with `access: 'full'` alone creating and renaming, too.
 */
export function grantEmbed(wish: {
  readonly access?: 'read' | 'full' | undefined;
  readonly features?: readonly EmbedFeature[] | undefined;
}): EmbedGrant {
  const usual: readonly EmbedFeature[] = wish.access === 'full' ? ['usage', 'create', 'rename'] : ['usage'];
  return { access: wish.access ?? 'full', features: [...new Set(wish.features ?? usual)] };
}

/** The features whose screens can be offered: opened for reading only, none that does nothing but change things. */
export const offeredFeatures = ({ access, features }: EmbedGrant): EmbedFeature[] =>
  features.filter((feature) => access === 'full' || !CHANGING.has(feature));

/** What is left to a screen that was opened for some features: rows show minutes to those who may see usage, and one without that feature must not. */
export const levelsOfScreen = (features: readonly string[]): Levels =>
  features.includes('usage') ? UNBOUNDED : packLevels({ ...HIGHEST, 'billing.usage': 'none' });
