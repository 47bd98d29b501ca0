/** Levels of subaccounts below a root: what a deployment may choose, and the default (rules/accounts 5). A root has depth 0. */
export const MAX_DEPTH = { least: 1, most: 32, default: 5 } as const;

/** Reads the `MAX_DEPTH` setting of a deployment: a whole number from 1 to 32, 5 when unset; null when it is anything else. */
export function parseMaxDepth(text: string | undefined): number | null {
  if (text === undefined || text === '') return MAX_DEPTH.default;
  if (!/^\d{1,2}$/.test(text)) return null;
  const depth = Number(text);
  return depth >= MAX_DEPTH.least && depth <= MAX_DEPTH.most ? depth : null;
}
