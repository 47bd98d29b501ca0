import {
  type AccountId,
  type AccountSort,
  type Decimal,
  type Instant,
  type KeyId,
  limitKind,
  type RowId,
  readBatchEntry,
  type UserId,
} from '@tenantree/domain';
import * as store from '../src/index.ts';

export const NOW = '2026-11-28T12:00:00.000Z' as Instant;
export const NOVEMBER = '2026-11-01T00:00:00.000Z' as Instant;

/** Reads of no tree's data: sign-in and time zones; and of the main accounts that one person made. */
export const ELSEWHERE: readonly string[] = [
  'findMainAccountMadeBy',
  'findSession',
  'readAttempts',
  'readInstants',
  'readJobBacklog',
  'readSessions',
  'readTimeZones',
];

/** What is read: a root, a parent of many, a subtree of few, a leaf, and a person who enters at the root. */
type Read = Record<'root' | 'flat' | 'small' | 'leaf', AccountId> & { readonly user: UserId };
type Reads = Record<string, () => Promise<unknown>>;
const PAGE = {
  statuses: ['active', 'suspended'],
  after: null,
  limit: 50,
  visibility: 'with_minutes',
  now: NOW,
} as const;

const KEPT = { statuses: PAGE.statuses, now: NOW } as const;
/** Few enough that a flat list of a small tree, too, is asked in the order of an index. */
const MOST_SORTED = 4;
const FIRST = { after: null, limit: 50 } as const;

/** Every read of this package, as it is asked in a large tree. */
export function readsOf(db: store.Database, { root, flat, small, leaf, user }: Read): Reads {
  const as =
    <T>(account: AccountId, work: (trx: store.TenantTransaction) => Promise<T>) =>
    () =>
      db.withTenant(account, work, { snapshot: true });
  const list = (sort: AccountSort) =>
    as(root, (trx) => store.listChildren(trx, { ...PAGE, parent: flat, sort, direction: 'desc' }));
  const search = (within: AccountId, text: string) =>
    as(root, (trx) => store.searchSubtree(trx, { ...PAGE, within, text, textKey: text }));
  type Below = Pick<store.FlatQuery, 'within' | 'under' | 'agents' | 'transfer'>;
  const flatList = (sort: AccountSort, kept: Below, mostSorted?: number) =>
    as(root, (trx) => store.listBelow(trx, { ...PAGE, ...kept, search: null, sort, direction: 'asc' }, mostSorted));
  const series = {
    account: root,
    meter: 'call.minutes',
    from: NOVEMBER,
    to: NOW,
    bucket: 'day',
    timeZone: 'Europe/Berlin',
  } as const;
  const live = { subtree: root, period: NOVEMBER, now: NOW };
  const secret = Buffer.alloc(32, 7);
  const billed = {
    account: leaf,
    seller: null,
    meter: { key: 'call.minutes', counted: 'call.seconds' },
    period: NOVEMBER,
    part: null,
  } as const;
  const sold = { ...billed, account: small, seller: root };
  const products = (order: 'name' | 'newest') =>
    ({ ...FIRST, account: leaf, kind: 'contact', search: null, fields: ['phone'], order }) as const;
  const none = '00000000-0000-7000-8000-0000000000ff' as RowId;
  const file = { account: root, id: none };
  return {
    'listChildren by name': list('name'),
    'listChildren by minutes': list('minutes'),
    'listChildren by members': list('members'),
    'listChildren by agents': list('agents'),
    'listChildren by created': list('created'),
    'searchSubtree of 80': search(small, 'dental'),
    'searchSubtree, common': search(root, 'dental'),
    'searchSubtree, few': search(root, 'xanthippe'),
    'searchSubtree, none': search(root, 'qwrzpf'),
    readAccountState: as(root, (trx) => store.readAccountState(trx, leaf)),
    readAccountRows: as(root, (trx) => store.readAccountRows(trx, [flat, small, leaf], NOW, 'with_minutes')),
    readCreationGround: as(root, (trx) =>
      store.readCreationGround(trx, root, [
        readBatchEntry({ name: 'Nobody', parent: flat, externalId: 'x-1' }, 0),
        readBatchEntry({ name: 'Nobody', parent: 'ext:x-2' }, 1),
        readBatchEntry({ name: 'Nobody', parent: 0 }, 2),
      ]),
    ),
    readSuspensionReach: as(root, (trx) => store.readSuspensionReach(trx, small)),
    findSibling: as(root, (trx) => store.findSibling(trx, flat, 'nobody')),
    readLinks: as(root, (trx) => store.readLinks(trx, leaf, [none])),
    readLinksOf: as(root, (trx) => store.readLinksOf(trx, [leaf], [none])),
    readLinksBefore: as(root, (trx) => store.readLinksBefore(trx, [{ account: leaf, product: none }])),
    readLast: as(root, (trx) => store.readLast(trx, [{ account: leaf, product: none, version: 2 }])),
    readUsers: as(root, (trx) => store.readUsers(trx, [{ account: leaf, id: none }])),
    readWaiting: as(root, (trx) => store.readWaiting(trx, { account: root, job: none }, ['agent'], null, 50)),
    readSources: as(root, (trx) => store.readSources(trx, leaf, [none])),
    listCopies: as(root, (trx) => store.listCopies(trx, { account: root, product: none, version: null }, null, 50)),
    readCopiesFromAbove: as(root, (trx) => store.readCopiesFromAbove(trx, [root, leaf], { only: null, limit: 50 })),
    readCampaignsUsing: as(root, (trx) => store.readCampaignsUsing(trx, [{ account: leaf, product: none }])),
    readOlderCopies: as(root, (trx) => store.readOlderCopies(trx, { account: root, product: none }, 2)),
    countCopies: as(root, (trx) => store.countCopies(trx, { account: root, product: none })),
    readRollout: as(root, (trx) => store.readRollout(trx, root, none)),
    listRollouts: as(root, (trx) => store.listRollouts(trx, { account: root, product: none }, null, 50)),
    findRolloutOf: as(root, (trx) => store.findRolloutOf(trx, root, none)),
    readStages: as(root, (trx) => store.readStages(trx, root, none)),
    readStageRest: as(root, (trx) => store.readStageRest(trx, root, { targets: [leaf], jobs: [none] }, 'left')),
    readFailures: as(root, (trx) => store.readFailures(trx, root, [none], 50)),
    readWithRequired: as(root, (trx) => store.readWithRequired(trx, leaf, [none])),
    readPlaced: as(root, (trx) => store.readPlaced(trx, [{ account: leaf, product: none }])),
    readNames: as(root, (trx) => store.readNames(trx, [leaf], [{ kind: 'agent', key: 'x' }], ['trustCenter'])),
    readInVersions: as(root, (trx) => store.readInVersions(trx, leaf, [{ product: none, version: 1 }])),
    readShownPlan: as(root, (trx) => store.readShownPlan(trx, 'import_plans', root, none)),
    readOfferedBlueprints: as(root, (trx) => store.readOfferedBlueprints(trx)),
    findOfferedBlueprint: as(root, (trx) => store.findOfferedBlueprint(trx, none, null)),
    findOwnBlueprint: as(root, (trx) => store.findOwnBlueprint(trx, root, none)),
    readBlueprintVersions: as(root, (trx) => store.readBlueprintVersions(trx, root, none)),
    isBlueprintNamed: as(root, (trx) => store.isBlueprintNamed(trx, { account: root, id: none, nameKey: 'x' })),
    readApplications: as(root, (trx) => store.readApplications(trx, [leaf], null)),
    countDrift: as(root, (trx) => store.countDrift(trx, none)),
    readDriftOf: as(root, (trx) => store.readDriftOf(trx, [leaf, small])),
    readApprovedProfiles: as(root, (trx) => store.readApprovedProfiles(trx, [leaf], '2026-11-29')),
    'listProducts by name': as(root, (trx) => store.listProducts(trx, products('name'))),
    'listProducts newest first': as(root, (trx) => store.listProducts(trx, products('newest'))),
    findProducts: as(root, (trx) => store.findProducts(trx, leaf, 'agent', [none])),
    findProductsByExternalId: as(root, (trx) => store.findProductsByExternalId(trx, leaf, 'agent', ['x-1'])),
    findProductsByName: as(root, (trx) =>
      store.findProductsByName(trx, [{ account: leaf, kind: 'agent', nameKey: 'x' }]),
    ),
    kindsOfProducts: as(root, (trx) => store.kindsOfProducts(trx, [{ account: leaf, id: none }])),
    labelProducts: as(root, (trx) => store.labelProducts(trx, leaf, [none])),
    findUsers: as(root, (trx) => store.findUsers(trx, leaf, [none], { need: 'required', limit: 20 })),
    membersAmong: as(root, (trx) => store.membersAmong(trx, [{ account: leaf, id: none }])),
    readSecretEnds: as(root, (trx) => store.readSecretEnds(trx, leaf, none)),
    readProductsChange: as(root, (trx) => store.readProductsChange(trx, leaf, 'agent')),
    readPast: as(root, (trx) => store.readPast(trx, { account: leaf, kind: 'agent', product: none }, null, 50)),
    listDeleted: as(root, (trx) => store.listDeleted(trx, leaf, 'agent', null, 50)),
    readLiveVersion: () => store.readLiveVersion(db, root),
    readTreeOf: () => store.readTreeOf(db, leaf),
    findRepeats: () =>
      store.findRepeats(
        db,
        [{ root, account: leaf, key: 'k', quantity: '1' as Decimal, occurredAt: NOVEMBER, attributes: {} }],
        { meter: 'call.seconds' },
      ),
    readTreeVersion: as(root, store.readTreeVersion),
    resolveInSubtree: as(root, (trx) => store.resolveInSubtree(trx, [leaf, flat], ['x-1', 'x-2'])),
    readChain: () => store.readChain(db, leaf),
    readPaths: () => store.readPaths(db, [leaf, small]),
    readMembershipsOn: () => store.readMembershipsOn(db, user, [root, flat]),
    readEntrances: () => store.readEntrances(db, user, 50),
    findByExternalId: () => store.findByExternalId(db, 'x-1', user, null),
    readLastActivity: as(leaf, (trx) => store.readLastActivity(trx, [user])),
    readMembers: as(leaf, (trx) => store.readMembers(trx, leaf)),
    readInvitations: as(root, (trx) => store.readInvitations(trx, leaf, NOW)),
    findInvitation: () => store.findInvitation(db, secret),
    readApiKeys: as(root, (trx) => store.readApiKeys(trx, root)),
    findApiKey: () => store.findApiKey(db, secret, NOW),
    findEmbedToken: () => store.findEmbedToken(db, secret),
    findKeyInTreeOf: () => store.findKeyInTreeOf(db, leaf, none as string as KeyId),
    findOriginList: () => store.findOriginList(db, leaf),
    readEmbedSessions: as(root, (trx) =>
      store.readEmbedSessions(trx, { now: NOW, userRef: null, before: null, limit: 50 }),
    ),
    readSessionsOfUser: as(root, (trx) =>
      store.readSessionsOfUser(
        trx,
        { key: none as string as KeyId, userRef: 'u' },
        { since: NOVEMBER, now: NOW, most: 20 },
      ),
    ),
    endUnlistedSessions: as(root, (trx) => store.endUnlistedSessions(trx, root, [], NOW)),
    readOriginList: as(root, (trx) => store.readOriginList(trx, leaf)),
    readJobs: as(leaf, (trx) => store.readJobs(trx, { account: leaf, kinds: ['test'], before: null, limit: 50 })),
    findJobFile: as(leaf, (trx) => store.findJobFile(trx, { account: leaf, job: none }, { part: 0, now: NOW })),
    readJob: as(leaf, (trx) => store.readJob(trx, { account: leaf, job: none })),
    readJobItems: as(leaf, (trx) =>
      store.readJobItems(trx, { account: leaf, job: none }, { state: null, after: 0, limit: 50 }),
    ),
    readAudit: as(root, (trx) =>
      store.readAudit(trx, {
        root,
        account: root,
        scope: 'nested',
        actions: null,
        actor: null,
        before: null,
        limit: 50,
      }),
    ),
    readJournalExtent: as(root, store.readJournalExtent),
    findFaults: as(root, (trx) => store.findFaults(trx, { from: 1, to: 1_000 })),
    readHeads: () => store.readHeads(db, [root]),
    readNews: () => store.readNews(db, root, 0, 50),
    readLimits: as(root, (trx) => store.readLimits(trx, [{ id: root, name: 'Root' }], NOW)),
    readLimitDefaults: as(root, (trx) => store.readLimitDefaults(trx, root)),
    readSubaccountLimits: as(root, (trx) => store.readSubaccountLimits(trx, [root, flat, leaf])),
    readTreePlaces: () =>
      store.readTreePlaces(db, { root, kind: limitKind('calls'), period: '-infinity' }, [leaf, small]),
    readAccountNames: as(root, (trx) => store.readAccountNames(trx, [flat, leaf])),
    readUsageBelow: as(root, (trx) =>
      store.readUsageBelow(trx, small, { stored: 'call.seconds' }, { start: NOVEMBER, end: NOW }),
    ),
    readTotals: as(root, (trx) => store.readTotals(trx, root, 'call.minutes', NOVEMBER)),
    'readSeries of all below': as(root, (trx) => store.readSeries(trx, { ...series, scope: 'total', by: 'none' })),
    'readSeries of one': as(root, (trx) =>
      store.readSeries(trx, { ...series, account: leaf, scope: 'own', by: 'agent' }),
    ),
    'readUsageState, first': () => store.readUsageState(db, { ...live, since: 0 }),
    'readUsageState, listed': () => store.readUsageState(db, { ...live, since: 0, only: [flat, small, leaf] }),
    'readUsageState, resumed': async () =>
      store.readUsageState(db, { ...live, since: await store.readLiveVersion(db, root) }),
    'readAccountsState, resumed': async () =>
      store.readAccountsState(db, { ...live, since: await store.readLiveVersion(db, root) }),
    readNearState: () => store.readNearState(db, { ...live, since: 0, now: NOW, only: [leaf, small] }),
    'readCapsState, resumed': async () =>
      store.readCapsState(db, { ...live, since: await store.readLiveVersion(db, root) }),
    readExplainedChain: as(leaf, (trx) => store.readExplainedChain(trx, user)),
    readPresetTakers: as(root, (trx) => store.readPresetTakers(trx, none)),
    readLastOfCaps: as(leaf, (trx) => store.readLastOfCaps(trx, leaf)),
    readCapsToChange: as(root, (trx) => store.readCapsToChange(trx, [flat, small, leaf])),
    readCapsBelow: as(root, (trx) => store.readCapsBelow(trx, small)),
    readCappedSubtree: as(root, (trx) => store.readCappedSubtree(trx, small, NOW)),
    'filterAccounts, restricted': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, caps: 'restricted' }, FIRST),
    ),
    'filterAccounts, unreviewed': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, caps: 'unreviewed' }, FIRST),
    ),
    ...Object.fromEntries(
      ([{ caps: 'unrestricted' }, { caps: 'reviewed' }, { activity: 'active' }, { activity: 'inactive' }] as const).map(
        (filters) => [
          `filterAccounts, ${Object.values(filters).join()}`,
          as(root, (trx) => store.filterAccounts(trx, { ...KEPT, ...filters, within: root }, FIRST)),
        ],
      ),
    ),
    'filterAccounts, near': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, limits: 'near' }, FIRST),
    ),
    'filterAccounts, without agents': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, agents: 'none' }, FIRST),
    ),
    'filterAccounts, with agents': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, agents: 'some' }, FIRST),
    ),
    'filterAccounts, with members': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, members: 'some' }, FIRST),
    ),
    'filterAccounts, billed directly': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, billing: 'direct' }, FIRST),
    ),
    'filterAccounts, in transfer': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, transfer: 'in_progress' }, FIRST),
    ),
    'filterAccounts, full': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, limits: 'full' }, FIRST),
    ),
    'filterAccounts, by level': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, level: 2 }, FIRST),
    ),
    'filterAccounts, young': as(root, (trx) =>
      store.filterAccounts(trx, { ...KEPT, within: root, createdFrom: NOW }, FIRST),
    ),
    readViews: as(root, (trx) => store.readViews(trx, { account: root, owner: `person ${user}` })),
    findView: as(root, (trx) => store.findView(trx, { account: root, owner: `person ${user}` }, none)),
    'listBelow by name': flatList('name', { within: root }, MOST_SORTED),
    'listBelow by created': flatList('created', { within: root }, MOST_SORTED),
    'listBelow of 80 by minutes': flatList('minutes', { within: root, under: small }),
    'listBelow, without agents': flatList('name', { within: root, agents: 'none' }, MOST_SORTED),
    'listBelow, in transfer': flatList('agents', { within: root, transfer: 'in_progress' }),
    countFiltered: as(root, (trx) => store.countFiltered(trx, { ...KEPT, within: root, caps: 'restricted' })),
    'countFiltered, near': as(root, (trx) => store.countFiltered(trx, { ...KEPT, within: root, limits: 'near' })),
    filterSubtree: as(root, (trx) => store.filterSubtree(trx, { ...PAGE, within: root, caps: 'restricted' })),
    'searchSubtree, restricted': as(root, (trx) =>
      store.searchSubtree(trx, { ...PAGE, within: root, text: 'dental', textKey: 'dental', caps: 'restricted' }),
    ),
    readAccountsBelow: as(root, (trx) => store.readAccountsBelow(trx, { ...PAGE, within: root, only: null })),
    'readAccountsBelow, some': as(root, (trx) => store.readAccountsBelow(trx, { ...PAGE, within: root, only: [leaf] })),
    readHoldersBelow: as(root, (trx) => store.readHoldersBelow(trx, small, NOW)),
    readLastChange: as(root, store.readLastChange),
    readOfferedPresets: as(leaf, store.readOfferedPresets),
    findOfferedPreset: as(leaf, (trx) => store.findOfferedPreset(trx, none, null)),
    readVisits: as(leaf, (trx) => store.readVisits(trx, leaf, null, 50)),
    readUncountedTrees: () => store.readUncountedTrees(db),
    findKeptAnswer: () => store.findKeptAnswer(db, { account: leaf, caller: 'key', key: 'k' }, NOVEMBER),
    readOfferedPlans: as(leaf, store.readOfferedPlans),
    findPlan: as(leaf, (trx) => store.findPlan(trx, 'business')),
    readSubscriptions: as(root, (trx) => store.readSubscriptions(trx, root)),
    findBillingDetails: as(root, (trx) => store.findBillingDetails(trx, root)),
    readPayerMethods: as(root, (trx) => store.readPayerMethods(trx, root)),
    findPayerOfPayment: () => store.findPayerOfPayment(db, 'none'),
    readPayerAt: as(root, (trx) => store.readPayerAt(trx, leaf, NOVEMBER)),
    readSubtreeTotal: as(root, (trx) => store.readSubtreeTotal(trx, root, 'call.seconds', NOVEMBER)),
    readOriginsBelow: as(small, (trx) => store.readOriginsBelow(trx, small, 50)),
    findTransfer: as(leaf, (trx) => store.findTransfer(trx, leaf)),
    readTransferGround: as(small, (trx) => store.readTransferGround(trx, small)),
    readCaretakers: as(leaf, (trx) => store.readCaretakers(trx, leaf)),
    readLeavers: as(small, (trx) => store.readLeavers(trx, small, null, { now: NOW, limit: 50 })),
    readTransfersUnderWay: as(root, (trx) => store.readTransfersUnderWay(trx, 50)),
    readEndedTransfers: as(root, (trx) => store.readEndedTransfers(trx, null, 50)),
    findLeftAccount: as(root, (trx) => store.findLeftAccount(trx, root, none)),
    readUsedUntilDeparture: as(root, (trx) =>
      store.readUsedUntilDeparture(trx, { account: { id: leaf, name: 'Leaf' }, at: NOVEMBER }),
    ),
    transfersMeet: as(root, (trx) => store.transfersMeet(trx, small, flat)),
    findTransferByLink: () => store.findTransferByLink(db, Buffer.from('none')),
    findTransfersDue: () => store.findTransfersDue(db, 50),
    findTransferOfPayment: () => store.findTransferOfPayment(db, 'none'),
    readSoldTotals: as(root, (trx) => store.readSoldTotals(trx, root, [small], ['call.seconds'], NOVEMBER)),
    readPaidTotal: as(root, (trx) => store.readPaidTotal(trx, root, 'call.seconds', NOVEMBER)),
    readBilledUsage: as(leaf, (trx) =>
      store.readBilledUsage(trx, { account: leaf, seller: null, meter: 'call.seconds', period: NOVEMBER }),
    ),
    readQuantityBilled: as(leaf, (trx) => store.readQuantityBilled(trx, billed)),
    readLinesToCome: as(leaf, (trx) =>
      store.readLinesToCome(trx, billed, { quantity: '0' as Decimal, amount: 0n }, { skip: 0, limit: 50 }),
    ),
    shareCost: as(root, (trx) => store.shareCost(trx, sold, { quantity: '0' as Decimal, amount: 0n })),
    sumCosts: as(root, (trx) => store.sumCosts(trx, { table: 'invoice_lines', account: root, document: none }, root)),
    findBook: as(root, (trx) => store.findBook(trx, root, none, null)),
    findBookNamed: as(root, (trx) => store.findBookNamed(trx, root, 'Basic')),
    readBookVersions: as(root, (trx) => store.readBookVersions(trx, root, none)),
    readBooks: as(root, (trx) => store.readBooks(trx, root, { before: null, limit: 50, now: NOW })),
    readAssignmentsOf: as(root, (trx) => store.readAssignmentsOf(trx, root, [small])),
    readAssignmentsIn: as(root, (trx) => store.readAssignmentsIn(trx, root, { from: NOVEMBER, to: NOW })),
    readAssignments: as(root, (trx) =>
      store.readAssignments(trx, root, { customer: null, book: null, openAt: null, after: null, limit: 50 }),
    ),
    readSalesAbove: as(leaf, (trx) => store.readSalesAbove(trx, leaf, { from: NOVEMBER, to: NOW })),
    readDirectSubaccounts: as(root, (trx) => store.readDirectSubaccounts(trx, root)),
    readCustomerName: as(root, (trx) => store.readCustomerName(trx, small)),
    findFirstUnstated: as(root, (trx) => store.findFirstUnstated(trx, root, small)),
    findStatementsDue: () => store.findStatementsDue(db, { closed: NOVEMBER, late: NOVEMBER }, 100),
    findStatement: as(root, (trx) => store.findStatement(trx, none)),
    findStatementOf: as(root, (trx) =>
      store.findStatementOf(trx, root, { customer: small, kind: 'period', period: NOVEMBER }),
    ),
    findReceived: as(small, (trx) => store.findReceived(trx, small, NOVEMBER)),
    readStatements: as(root, (trx) =>
      store.readStatements(trx, root, { customer: null, period: null, before: null, limit: 50 }),
    ),
    readReceived: as(small, (trx) => store.readReceived(trx, small, { before: null, limit: 50 })),
    readStatementsOf: as(root, (trx) => store.readStatementsOf(trx, root, NOVEMBER)),
    readLastStated: as(root, (trx) => store.readLastStated(trx, root, [small])),
    readStatementsToLookAt: as(root, (trx) =>
      store.readStatementsToLookAt(trx, root, { customer: small, before: NOVEMBER, lateDays: 35 }),
    ),
    readLateUsage: as(root, async (trx) => [
      await store.readLateUsage(trx, { ...billed, account: leaf, period: NOVEMBER }, null),
      await store.readLateUsage(trx, sold, NOVEMBER),
    ]),
    readCountedTotal: as(root, (trx) => store.readCountedTotal(trx, root, 'call.seconds', NOVEMBER)),
    readBalance: as(root, (trx) => store.readBalance(trx, root)),
    findFirstUnbilled: as(root, (trx) => store.findFirstUnbilled(trx, root)),
    findPayersDue: () => store.findPayersDue(db, { closed: NOVEMBER, late: NOVEMBER }, 100),
    readInvoices: as(root, (trx) => store.readInvoices(trx, root, { before: null, limit: 50 })),
    findInvoice: as(root, (trx) => store.findInvoice(trx, root, none)),
    findInvoiceOf: as(root, (trx) => store.findInvoiceOf(trx, root, { kind: 'period', period: NOVEMBER, seq: 0 })),
    findDraftOver: as(root, (trx) => store.findDraftOver(trx, root, none)),
    readPeriodsToLookAt: as(root, (trx) => store.readPeriodsToLookAt(trx, root, 35)),
    readCredited: as(root, (trx) => store.readCredited(trx, root, none)),
    readLateEvents: as(root, (trx) =>
      store.readLateEvents(
        trx,
        {
          payer: root,
          account: { id: leaf, name: null, above: [], place: [root, leaf] },
          counted: 'call.seconds',
          period: NOVEMBER,
          part: null,
          after: NOVEMBER,
          until: NOW,
        },
        { skip: 0, limit: 50 },
      ),
    ),
    readBilledBefore: as(root, (trx) => store.readBilledBefore(trx, root, { invoice: none, period: NOVEMBER })),
    readStatedBefore: as(root, (trx) =>
      store.readStatedBefore(
        trx,
        { seller: root, customer: small, id: none, currency: { code: 'EUR', exponent: 2 } },
        NOVEMBER,
      ),
    ),
    readLines: as(root, (trx) =>
      store.readLines(trx, { table: 'invoice_lines', account: root, document: none }, { after: 0, limit: 50 }),
    ),
    findErasable: () => store.findErasable(db, { closed: NOW, settled: NOW }, 100),
    readRoleOf: as(leaf, (trx) => store.readRoleOf(trx, leaf, 'ben@example.com')),
    readImports: as(root, (trx) => store.readImports(trx, root, NOW)),
    readImportColumns: as(root, (trx) => store.readImportColumns(trx, file)),
    readImportNames: as(root, (trx) => store.readImportNames(trx, file, 0, 50)),
    findImportParents: as(root, (trx) => store.findImportParents(trx, file)),
    readImportEntries: as(root, (trx) => store.readImportEntries(trx, file, [2, 3])),
    readImportLevels: as(root, (trx) => store.readImportLevels(trx, file, ['new'])),
    listImportRows: as(root, (trx) => store.listImportRows(trx, file, { of: 'bad', code: null, after: 0, limit: 50 })),
    readAccountStates: as(root, (trx) => store.readAccountStates(trx, [small, leaf])),
    readMadeAt: as(root, (trx) => store.readMadeAt(trx, [small, leaf])),
    readNear: as(root, (trx) => store.readNear(trx, [small, leaf], NOW)),
    readChains: () => store.readChains(db, [small, leaf]),
    findFormer: as(root, (trx) => store.findFormer(trx, [{ ref: { kind: 'id', id: leaf }, at: NOVEMBER }])),
    // There is none: that is an error.
    readPlan: as(root, (trx) => store.readPlan(trx, { id: 'business', version: 1 }).catch(() => null)),
    listDrift: as(root, (trx) =>
      store.listDrift(trx, none, { drift: null, state: null, account: null, after: null, limit: 50 }),
    ),
    readLimitsOfEach: as(root, (trx) =>
      store.readLimitsOfEach(
        trx,
        [small, leaf].map((id) => [{ id, name: 'Account' }]),
        NOW,
      ),
    ),
    readAlertAddress: as(root, (trx) => store.readAlertAddress(trx, leaf, { user, member: leaf })),
    findLimitsToBegin: () => store.findLimitsToBegin(db, NOW, 50),
    findPlansToFollow: () => store.findPlansToFollow(db, NOW, 50),
    readPromisedBelow: as(root, (trx) => store.readPromisedBelow(trx, root, limitKind('calls'))),
    readPlacedLinks: as(leaf, (trx) => store.readPlacedLinks(trx, [{ account: leaf, product: none }])),
    readNumbersInCall: as(leaf, (trx) => store.readNumbersInCall(trx, [{ account: leaf, id: none }])),
    unknown: as(root, (trx) => store.readAccountState(trx, none as string as AccountId)),
  };
}
