import { limitKindStoredAs } from '../limits/kinds.ts';
import { parseRole, ROLE_LABELS } from '../permissions/roles.ts';

/**
 * What the audit log can say (rules/audit 1: everything done is in it): each action with its sentence. The actor stands before the
 * sentence and the account around it; words in braces are the entry's details. Keys are stored for ever: rename none, reuse none.
 */
export const AUDIT_ACTIONS = {
  'setup.claimed': 'set up this deployment with the main account {account}',
  'account.created': 'created {account}',
  'account.renamed': 'renamed {before} to {after}',
  'account.metadataSet': 'changed the metadata of {account}',
  'account.suspended': 'suspended {account} ({kind})',
  'account.reactivated': 'reactivated {account}',
  'account.closed': 'closed {account}',
  'account.reopened': 'reopened {account}',
  'account.erased': 'erased {account}',
  'account.protectionSet': 'turned the protection of {account} {protection}',
  'account.moved': 'moved {account} from {before} to {after}',
  'account.entered': 'entered {account}',
  'account.left': 'left {account}',
  'agents.created': 'created agents in {account}: {count}',
  'product.created': 'created in {account}, {kind}: {product}',
  'product.saved': 'saved {product} in {account} ({kind}), version {version}',
  'product.deleted': 'deleted {product} in {account} ({kind})',
  'product.restored': 'restored {product} in {account} ({kind}) as it was in version {version}',
  'product.imported': 'imported {product} into {account} ({kind}), version {version}',
  'product.moved': 'moved {product} out of {account} ({kind}) into an account below, version {version}',
  'product.detached': 'detached {product} in {account} ({kind}) from what it was a copy of',
  'product.importUndone': 'took the import of {product} into {account} back ({kind})',
  'rollout.started':
    'began to roll {product} out from {account} ({kind}), version {version}, to accounts below: {total}',
  'rollout.wentOn': 'let the roll-out of {product} from {account} go on ({kind}), stage {stage}',
  'rollout.stopped':
    'stopped the roll-out of {product} from {account} ({kind}) in stage {stage}, accounts that failed: {failed}',
  'rollout.cancelled': 'stopped the roll-out of {product} from {account} ({kind}) in stage {stage}',
  'rollout.rolledBack': 'rolled the roll-out of {product} from {account} back ({kind}), stage {stage}',
  'rollout.ended': 'ended the roll-out of {product} from {account} ({kind}), version {version}: {state}',
  'member.invited': 'invited {email} to {account} as {role}',
  'member.invitationRevoked': 'revoked the invitation of {email} to {account}',
  'member.invitationAccepted': 'joined {account} as {role}',
  'member.roleChanged': 'changed the role of {member} in {account} from {before} to {after}',
  'member.removed': 'removed {member} from {account}',
  'key.created': 'created the API key {key}',
  'key.revoked': 'revoked the API key {key}',
  'embed.tokenCreated': 'opened the embedded screens of {account} for {user} on {origin}',
  'job.queued': 'asked for the job {job} of {account}, items: {total}',
  'job.cancelled': 'stopped the job {job} of {account}',
  'job.retried': 'let the job {job} of {account} try again what failed, items: {failed}',
  'job.ended': 'ended the job {job} of {account} ({state}: {done} of {total} done)',
  'embed.originsSet': 'set the origins that embed {account} to {origins}',
  'embed.originRefused': 'used the session of {user} in {account} on {origin}, which is not one of its origins',
  'embed.tokenRevoked': 'ended embedded sessions of {account} ({which}): {count}',
  'permissions.set': 'changed what {account} may: {changes}',
  'permissions.presetApplied': 'applied the preset {preset} to {account}: {changes}',
  'permissions.reviewed': 'decided new permissions of {account}: {changes}',
  'preset.saved': 'saved the preset {preset}, version {version}',
  'preset.removed': 'removed the preset {preset}',
  'preset.restored': 'brought the preset {preset} back',
  'preset.madeDefault': 'made the preset {preset} what new accounts below {account} begin with',
  'preset.defaultRemoved': 'took the default preset of {account} away',
  'blueprint.saved': 'saved the blueprint {blueprint}, version {version}',
  'blueprint.renamed': 'renamed the blueprint {before} to {after}',
  'blueprint.removed': 'removed the blueprint {blueprint}',
  'blueprint.applied': 'set {account} up with the blueprint {blueprint}, version {version}: {sections}',
  'blueprint.incomplete': 'could not set all of {account} up with the blueprint {blueprint}',
  'blueprint.undone': 'took the blueprint {blueprint} out of {account} again: {sections}',
  'usage.recorded': 'recorded usage events: {count}',
  'usage.adjusted': 'adjusted {meter} of {account} by {quantity}: {reason}',
  'limit.set': 'set the limit of {kind} of {account} to {max}',
  'limit.defaultSet': 'set the limit of {kind} that new subaccounts of {account} begin with to {max}',
  'limit.reached': 'has seen {account} reach {threshold} % of its limit of {kind}',
  'billing.planChosen': 'chose the plan {plan} for {account}, from {from}',
  'billing.detailsSet': 'set whom invoices of {account} are addressed to: {name}',
  'billing.paymentChanged': 'changed how {account} pays ({method}): {state}',
  'invoice.issued': 'closed {period} of {account} and issued the invoice {number}: {total}',
  'invoice.credited': 'credited {account} by the credit note {number}: {total} ({reason})',
  'book.saved': 'saved the price book {book}, version {version}',
  'book.assigned': 'gave {customer} the price book {book}, version {version}, from {from}',
  'book.unassigned': 'ended the price book of {customer}, with {to}',
  'statement.frozen': 'froze the statement {number} of {customer} for {period}: {total}',
  'transfer.started': 'started the billing transfer of {account} with {recipient}, until {until}',
  'transfer.stepDone': 'set {step} in the billing transfer of {account}',
  'transfer.stepCleared': 'cleared {step} in the billing transfer of {account}',
  'transfer.paymentReported': 'learned of the payment method in the billing transfer of {account}: {state}',
  'transfer.extended': 'put the end of the billing transfer of {account} off to {until}',
  'transfer.resent': 'invited {recipient} to the billing transfer of {account}',
  'transfer.mailBounced': 'could not mail {recipient}, who is to complete the billing transfer of {account}',
  'transfer.reminded': 'reminded of the billing transfer of {account}, days left: {days}',
  'transfer.cancelled': 'cancelled the billing transfer of {account}',
  'transfer.declined': 'declined the billing transfer of {account}',
  'transfer.expired': 'ended the billing transfer of {account}, whose time was over',
  'transfer.completed': 'completed the billing transfer of {account}',
  'transfer.productsSettled':
    'settled what {account} has from above as it left, replaced by blanks: {blank}, taken back: {takenBack}',
  'transfer.departed': 'released {account} from the accounts above it',
  'transfer.arrived': 'brought {account} to where it stands now',
  'person.signedOut': 'signed out',
  'person.sessionsEnded': 'ended sessions: {count}',
  'person.passwordChanged': 'set a new password',
} as const satisfies Record<string, string>;

/** Key of an audit action. */
export type AuditAction = keyof typeof AUDIT_ACTIONS;

type Blanks<Sentence extends string> = Sentence extends `${string}{${infer Blank}}${infer Rest}`
  ? Blank | Blanks<Rest>
  : never;

/** The details that an entry of an action must carry: one for each word in braces. */
export type AuditDetails<Action extends AuditAction> = {
  readonly [Blank in Blanks<(typeof AUDIT_ACTIONS)[Action]>]: string | number;
};

/** An entry to be written, with exactly the details that its sentence needs. */
export type AuditEntry = {
  readonly [Action in AuditAction]: { readonly action: Action; readonly details: AuditDetails<Action> };
}[AuditAction];

/** Reads the key of an audit action from a text of unknown origin; null when there is no such action. */
export const parseAuditAction = (text: string): AuditAction | null => (isAuditAction(text) ? text : null);

const isAuditAction = (text: string): text is AuditAction => Object.hasOwn(AUDIT_ACTIONS, text);

/**
 * The sentence of a stored entry. Entries outlive releases, so it never fails: an action it doesn't know is its key, a detail that is
 * missing a dash.
 */
export function auditSentence(action: string, details: Readonly<Record<string, unknown>>): string {
  const known = parseAuditAction(action);
  if (known === null) return action;
  const roles = known === 'member.roleChanged' ? ['before', 'after'] : ['role'];
  const said = AUDIT_ACTIONS[known].replace(/\{(\w+)\}/g, (_, blank: string) => {
    const word = wordOf(details, blank) ?? '–';
    const role = roles.includes(blank) ? parseRole(word) : null;
    return role ? ROLE_LABELS[role].toLowerCase() : word;
  });
  return known === 'account.suspended' ? said + termsOf(details) : said;
}

/** Details that say when something begins or ends. */
const INSTANTS = ['from', 'to', 'until'];

function wordOf(details: Readonly<Record<string, unknown>>, blank: string): string | null {
  const detail = Object.hasOwn(details, blank) ? details[blank] : undefined;
  if (blank === 'kind' && typeof detail === 'string') return limitKindStoredAs(detail)?.many ?? detail;
  if (INSTANTS.includes(blank) && typeof detail === 'string')
    return detail.replace(/^([\d-]+)T(\d\d:\d\d).*$/, '$1 $2 UTC');
  return typeof detail === 'string' || typeof detail === 'number' ? String(detail) : null;
}

/** From when until when a suspension is, and why, as far as that was said. */
function termsOf(details: Readonly<Record<string, unknown>>): string {
  const [from, until, reason] = [wordOf(details, 'from'), wordOf(details, 'until'), wordOf(details, 'reason')];
  return [from && ` from ${from}`, until && ` until ${until}`, reason && `: ${reason}`].filter(Boolean).join('');
}

/** What entries are about, to choose among them; visits are those of people from above (rules/audit 2). */
export const AUDIT_KINDS = {
  accounts: 'Accounts',
  visits: 'Visits from above',
  members: 'Members',
  keys: 'API keys',
  products: 'Agents and other products',
  permissions: 'Permissions',
  embed: 'Embedded screens',
  usage: 'Usage',
  limits: 'Limits',
  billing: 'Billing',
} as const satisfies Record<string, string>;

/** Key of a kind of audit entry. */
export type AuditKind = keyof typeof AUDIT_KINDS;

type Subject<Action extends string> = Action extends `${infer Before}.${string}` ? Before : never;

/** The kind of what stands before the point of an action. */
const KIND_OF_SUBJECT: { readonly [Key in Subject<AuditAction>]: AuditKind } = {
  setup: 'accounts',
  account: 'accounts',
  agents: 'products',
  product: 'products',
  rollout: 'products',
  member: 'members',
  key: 'keys',
  embed: 'embed',
  job: 'accounts',
  permissions: 'permissions',
  preset: 'permissions',
  blueprint: 'accounts',
  usage: 'usage',
  limit: 'limits',
  billing: 'billing',
  invoice: 'billing',
  book: 'billing',
  statement: 'billing',
  transfer: 'accounts',
  person: 'members',
};

const VISITS: ReadonlySet<AuditAction> = new Set(['account.entered', 'account.left']);

/** The kind of an action. */
export const auditKindOf = (action: AuditAction): AuditKind =>
  VISITS.has(action) ? 'visits' : KIND_OF_SUBJECT[action.slice(0, action.indexOf('.')) as Subject<AuditAction>];

/** The actions of a kind. */
export const auditActionsOf = (kind: AuditKind): AuditAction[] =>
  (Object.keys(AUDIT_ACTIONS) as AuditAction[]).filter((action) => auditKindOf(action) === kind);
