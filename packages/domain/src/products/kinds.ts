import { agent } from './agent.ts';
import type { ProductKind } from './kind.ts';
import { integration, knowledgeBase, schedule, tool } from './knowledge.ts';
import { campaign, contact, conversation, task } from './outreach.ts';
import { complianceProfile, phoneNumber, sipTrunk } from './telephony.ts';
import { trustCenter } from './trust-center.ts';

/** The kinds of products, in the order in which screens show them. Another one is another entry: screens, contract and tests are made from it. */
export const PRODUCT_KINDS = [
  agent,
  knowledgeBase,
  tool,
  schedule,
  integration,
  phoneNumber,
  sipTrunk,
  complianceProfile,
  campaign,
  contact,
  task,
  conversation,
  trustCenter,
] as const satisfies readonly ProductKind[];

/** Key of a kind of product. */
export type ProductKindKey = (typeof PRODUCT_KINDS)[number]['kind'];

const BY_KEY: ReadonlyMap<string, ProductKind & { readonly kind: ProductKindKey }> = new Map(
  PRODUCT_KINDS.map((one) => [one.kind, one]),
);

/** The registry's entry for a kind. */
export const productKind = (kind: ProductKindKey): ProductKind & { readonly kind: ProductKindKey } => BY_KEY.get(kind)!;

/** Reads a kind from a value of unknown origin; null when there is no such kind. */
export const parseProductKind = (value: unknown): ProductKindKey | null =>
  typeof value === 'string' ? (BY_KEY.get(value)?.kind ?? null) : null;
