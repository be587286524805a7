// Every query that the store runs finds its rows by an index: a table grows for years, a request may not.
import { env } from 'cloudflare:workers';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { revoke } from '../../src/domain/mandate.ts';
import { countsAfter } from '../../src/domain/payout-cap.ts';
import * as accountKeys from '../../src/store/account-keys.ts';
import * as accounts from '../../src/store/accounts.ts';
import * as activity from '../../src/store/activity.ts';
import * as addressFacts from '../../src/store/address-facts.ts';
import * as approvals from '../../src/store/approvals.ts';
import * as arrivals from '../../src/store/arrivals.ts';
import * as attestations from '../../src/store/attestations.ts';
import * as breaker from '../../src/store/breaker.ts';
import * as checkpoints from '../../src/store/checkpoints.ts';
import * as clients from '../../src/store/clients.ts';
import { commit } from '../../src/store/commit.ts';
import * as contacts from '../../src/store/contacts.ts';
import * as cursors from '../../src/store/cursors.ts';
import { type Database, openDatabase, type Scope } from '../../src/store/database.ts';
import * as deadLetters from '../../src/store/dead-letters.ts';
import * as destinations from '../../src/store/destinations.ts';
import * as epochs from '../../src/store/epochs.ts';
import * as eventFacts from '../../src/store/event-facts.ts';
import * as eventHealth from '../../src/store/event-health.ts';
import * as fences from '../../src/store/fences.ts';
import * as halts from '../../src/store/halts.ts';
import * as history from '../../src/store/history.ts';
import * as holding from '../../src/store/holding.ts';
import * as hotWallets from '../../src/store/hot-wallets.ts';
import * as idempotency from '../../src/store/idempotency.ts';
import * as inbox from '../../src/store/inbox.ts';
import * as incidents from '../../src/store/incidents.ts';
import * as journal from '../../src/store/journal.ts';
import * as journalPages from '../../src/store/journal-pages.ts';
import * as limitsChanges from '../../src/store/limits-changes.ts';
import * as mandateWork from '../../src/store/mandate-work.ts';
import * as mandates from '../../src/store/mandates.ts';
import * as metrics from '../../src/store/metrics.ts';
import * as movements from '../../src/store/movements.ts';
import * as notices from '../../src/store/notices.ts';
import * as openWork from '../../src/store/open-work.ts';
import * as orderFacts from '../../src/store/order-facts.ts';
import * as orderWaits from '../../src/store/order-waits.ts';
import * as orders from '../../src/store/orders.ts';
import * as outbox from '../../src/store/outbox.ts';
import { message } from '../../src/store/outbox.ts';
import * as pace from '../../src/store/pace.ts';
import * as payees from '../../src/store/payees.ts';
import * as payoutBatches from '../../src/store/payout-batches.ts';
import * as payouts from '../../src/store/payouts.ts';
import * as payoutsReady from '../../src/store/payouts-ready.ts';
import * as proofs from '../../src/store/permission-proofs.ts';
import * as recoveries from '../../src/store/recoveries.ts';
import * as schedules from '../../src/store/schedules.ts';
import * as screening from '../../src/store/screening.ts';
import * as sightings from '../../src/store/sightings.ts';
import * as statements from '../../src/store/statements.ts';
import * as transfers from '../../src/store/transfers.ts';
import * as endpoints from '../../src/store/webhook-endpoints.ts';
import { ADDRESS, AT, accepted, activeMandate, activeSchedule, idOf, provenance } from '../support/build.ts';
import { listening, type Recorded } from '../support/statements.ts';

declare global {
  interface ImportMeta {
    /** Vite's: the modules of all files that match. */
    glob(pattern: string, options: { eager: true }): Record<string, object>;
  }
}

const heard: Recorded[] = [];
const database: Database = openDatabase(listening(env.DB, heard));
const scopes: readonly Scope[] = ['staff', { accountId: idOf('acc') }];
const pages = [{ limit: 50 }, { limit: 50, before: idOf('jnl', 9) }] as const;
const of = { accountId: idOf('acc'), mandateId: idOf('mnd') };
const journalQueries: readonly journalPages.JournalQuery[] = [
  {},
  { from: AT, to: AT },
  { subjectId: idOf('xfr') },
  { walletId: idOf('wal') },
  { policyId: 'plc-1' },
  { accountId: idOf('acc'), from: AT },
  { actor: 'a', to: AT },
  { kind: 'order.executed' },
  { accountId: idOf('acc'), actor: 'a', kind: 'order.executed', from: AT, to: AT },
];

const letter = {
  ...{ id: idOf('dlt'), version: 0, status: 'waiting' as const, origin: 'x', queue: 'money', type: 'x', cause: 'x' },
  ...{ body: '{}', receivedAt: AT },
} as const;

/** Every query of the store, in each shape that its arguments give it. */
const calls: Readonly<Record<string, () => readonly Promise<unknown>[]>> = {
  findAccount: () => scopes.map((scope) => accounts.findAccount(database, scope, idOf('acc'))),
  findAccountByPolicy: () => [accounts.findAccountByPolicy(database, 'plc-1')],
  listAccounts: () => [
    accounts.listAccounts(database, { limit: 50 }),
    accounts.listAccounts(database, { limit: 50, after: idOf('acc') }),
  ],
  listOpeningAccounts: () => [accounts.listOpeningAccounts(database, 50)],
  findLimitsChange: () => scopes.map((scope) => limitsChanges.findLimitsChange(database, scope, idOf('lim'))),
  listOpenLimitsChanges: () => [limitsChanges.listOpenLimitsChanges(database, idOf('acc'))],
  listLimitsChanges: () => [limitsChanges.listLimitsChanges(database, idOf('acc'), 50)],
  listLimitsChangesDue: () => [limitsChanges.listLimitsChangesDue(database, AT, 50)],
  listOpenWork: () => [openWork.listOpenWork(database, idOf('acc'), 50)],
  listWalletsToAdd: () => [accounts.listWalletsToAdd(database, 50)],
  listActiveAccounts: () =>
    [undefined, idOf('acc')].map((after) => accounts.listActiveAccounts(database, { after, limit: 50 })),
  listActiveWallets: () =>
    [undefined, idOf('wal')].map((after) => accounts.listActiveWallets(database, { after, limit: 50 })),
  listKnownLists: () => [accounts.listKnownLists(database, ['plc-1'])],
  listKnownWallets: () => [accounts.listKnownWallets(database, [{ id: 'wa-1', keyId: 'key-1' }])],
  findWalletByKey: () => [accounts.findWalletByKey(database, 'key-1')],
  listStrays: () => [sightings.listStrays(database, ['key-1'])],
  listFenceRecords: () => [fences.listFenceRecords(database, [idOf('acc')])],
  listSharedSightings: () => [sightings.listSharedSightings(database)],
  listSightingsSince: () => [sightings.listSightingsSince(database, ['plc-1'], AT)],
  listAccountsToCheck: () => [accounts.listAccountsToCheck(database, AT, 50)],
  listWallets: () => scopes.map((scope) => accounts.listWallets(database, scope, idOf('acc'))),
  findAccountWithWallets: () => scopes.map((scope) => accounts.findAccountWithWallets(database, scope, idOf('acc'))),
  findWalletAtCustody: () => [accounts.findWalletAtCustody(database, 'wa-1')],
  findWallet: () => [accounts.findWallet(database, idOf('wal'))],
  listOwnAddresses: () => [accounts.listOwnAddresses(database, 'EthereumSepolia', [ADDRESS])],
  findClient: () => [clients.findClient(database, { issuer: 'i', subject: 's' })],
  findDestination: () => scopes.map((scope) => destinations.findDestination(database, scope, idOf('dst'))),
  findAddressFacts: () =>
    [{ issuer: 'i', subject: 's' }, { accountId: idOf('acc') }].map((who) =>
      addressFacts.findAddressFacts(database, who, { network: 'EthereumSepolia', address: ADDRESS }),
    ),
  findOrderFacts: () =>
    [idOf('mnd'), null].map((mandateId) =>
      orderFacts.findOrderFacts(
        database,
        {
          accountId: idOf('acc'),
          mandateId,
          destinationId: idOf('dst'),
          asset: 'EthereumSepolia/native',
          amount: { kind: 'fixed' },
          units: 1n,
          notAfter: AT,
        },
        { at: AT, epoch: 'e' },
      ),
    ),
  listDestinations: () =>
    scopes.flatMap((scope) => pages.map((page) => destinations.listDestinations(database, scope, idOf('acc'), page))),
  listListedAddresses: () => [destinations.listListedAddresses(database, idOf('acc'))],
  findPolicyChange: () => [destinations.findPolicyChange(database, idOf('chg'))],
  listUnsettledChanges: () => [destinations.listUnsettledChanges(database, idOf('acc'), 50)],
  listUnsettledChangesOf: () => [destinations.listUnsettledChangesOf(database, idOf('dst'))],
  listLapsedProposals: () => [destinations.listLapsedProposals(database, AT, 50)],
  listUnconfirmedDestinations: () => [destinations.listUnconfirmedDestinations(database, AT, 50)],
  listDestinationsToAskAbout: () => [destinations.listDestinationsToAskAbout(database, AT, 50)],
  listChangeRequestIds: () => [destinations.listChangeRequestIds(database, idOf('acc'))],
  listChangesToLookAt: () => [destinations.listChangesToLookAt(database, AT, 50)],
  findArrival: () => [arrivals.findArrival(database, idOf('arr'))],
  listArrivalsOf: () => [arrivals.listArrivalsOf(database, [idOf('ord'), idOf('ord', 2)])],
  listArrivalsDue: () => [arrivals.listArrivalsDue(database, AT, 50)],
  listArrivalsSince: () => [
    arrivals.listArrivalsSince(database, { venueAccount: 'ex-1/spot', symbol: 'USDC' }, AT, 50),
  ],
  findAttestation: () => [
    attestations.findAttestation(database, idOf('acc')),
    attestations.findAttestation(database, idOf('acc'), 7),
  ],
  findAttestationAsOf: () => [attestations.findAttestationAsOf(database, idOf('acc'), AT)],
  findRecordsAsOf: () => [history.findRecordsAsOf(database, idOf('acc'), AT)],
  findHolding: () => scopes.map((scope) => holding.findHolding(database, scope, idOf('acc'), 50)),
  listHaltsInForce: () => [halts.listHaltsInForce(database, idOf('acc'), 50)],
  listChangesAsked: () => [approvals.listChangesAsked(database, 50)],
  listChangesInFlight: () => [approvals.listChangesInFlight(database, ['plc-1', 'plc-2'])],
  findChangeByApproval: () => [
    approvals.findChangeByApproval(database, { accountId: idOf('acc'), approvalId: 'ap-1' }),
  ],
  listTransfersAsked: () => [approvals.listTransfersAsked(database, 50)],
  listPayoutsByExternalId: () => [approvals.listPayoutsByExternalId(database, ['f1-a', 'f1-b'])],
  listTransfersByExternalId: () => [approvals.listTransfersByExternalId(database, ['f1-a', 'f1-b'])],
  listAccountsByPolicy: () => [approvals.listAccountsByPolicy(database, ['plc-1', 'plc-2'])],
  listAccountsByWallet: () => [approvals.listAccountsByWallet(database, ['wa-1', 'wa-2'])],
  listFirstEntries: () => [approvals.listFirstEntries(database, ['chg_1', 'dst_1'])],
  listActivity: () =>
    pages.flatMap((page) =>
      [{}, { asset: 'EthereumSepolia/native', from: AT, to: AT }].map((filter) =>
        activity.listActivity(
          database,
          {
            accountId: idOf('acc'),
            kinds: ['order.executed', 'halt.active'],
            hiddenKinds: ['movement.doubted'],
            kindsOfAll: ['halt.active'],
            ...filter,
          },
          page,
        ),
      ),
    ),
  listStories: () => [activity.listStories(database, idOf('acc'), { ids: ['xfr_1', 'ord_1'], hashes: ['0x1'] })],
  findKnownAddresses: () => [addressFacts.findKnownAddresses(database, idOf('acc'))],
  findAccountKeyByHash: () => [accountKeys.findAccountKeyByHash(database, 'hash')],
  findAccountKey: () =>
    scopes.map((scope) => accountKeys.findAccountKey(database, scope, { accountId: idOf('acc'), id: idOf('key') })),
  listAccountKeys: () => [accountKeys.listAccountKeys(database, idOf('acc'), 50)],
  findMonthStatement: () =>
    scopes.map((scope) => statements.findMonthStatement(database, scope, { accountId: idOf('acc'), month: '2031-03' })),
  listMonthStatements: () => [statements.listMonthStatements(database, idOf('acc'), 50)],
  listUnstatedAccounts: () => [
    statements.listUnstatedAccounts(database, { month: '2031-03', before: AT, after: '', limit: 50 }),
  ],
  findFence: () => [fences.findFence(database, idOf('acc'))],
  findAccountOfClient: () => [accounts.findAccountOfClient(database, idOf('cli'))],
  listPayoutsToTakeUp: () => [recoveries.listPayoutsToTakeUp(database, 50)],
  listRecovered: () => [recoveries.listRecovered(database, ['f1-x'])],
  findRecovery: () => [recoveries.findRecovery(database, 'f1-a')],
  findEpoch: () => [epochs.findEpoch(database)],
  findHalt: () => scopes.map((scope) => halts.findHalt(database, scope, idOf('hlt'))),
  findHaltInForce: () => [
    halts.findHaltInForce(database, of),
    halts.findHaltInForce(database, { ...of, mandateId: null }),
  ],
  findFenceHalt: () => [halts.findFenceHalt(database, idOf('acc'))],
  listHalts: () => scopes.flatMap((scope) => pages.map((page) => halts.listHalts(database, scope, page))),
  findAnswer: () => [idempotency.findAnswer(database, 'actor', 'key')],
  findDeadLetter: () => [deadLetters.findDeadLetter(database, idOf('dlt'))],
  listDeadLetters: () =>
    pages.flatMap((page) =>
      [{}, { status: 'waiting' as const }].map((of) => deadLetters.listDeadLetters(database, { ...page, ...of })),
    ),
  findNewestEvent: () => [eventHealth.findNewestEvent(database)],
  findEventHealth: () => [eventHealth.findEventHealth(database, AT)],
  findOverdueMessage: () => [eventHealth.findOverdueMessage(database, AT)],
  listRoots: () => [inbox.listRoots(database, ['whe-1'])],
  listOrphansDue: () => [inbox.listOrphansDue(database, AT, 50)],
  findEventFacts: () => [
    eventFacts.findEventFacts(database, {
      keys: ['k'],
      subjects: ['xfr-1'],
      externalIds: ['f1-x'],
      walletIds: ['wa-1'],
      policyIds: ['plc-1'],
    }),
  ],
  listUnseen: () => [inbox.listUnseen(database, ['event'])],
  findIncident: () => [incidents.findIncident(database, idOf('inc'))],
  findNewestProof: () => [proofs.findNewestProof(database), proofs.findNewestProof(database, 'sound')],
  listPermissionProofs: () => pages.map((page) => proofs.listPermissionProofs(database, page)),
  listIncidents: () =>
    [{}, { status: 'open' }, { kind: 'fence_broken' }, { severity: 'critical' }].flatMap((filter) =>
      pages.map((page) => incidents.listIncidents(database, filter as incidents.IncidentFilter, page)),
    ),
  listIncidentsOver: () => [incidents.listIncidentsOver(database, 50)],
  listUnresolved: () => [incidents.listUnresolved(database, 'transfer_slow', 50)],
  findOldestDue: () => [outbox.findOldestDue(database)],
  findEndpoint: () => [endpoints.findEndpoint(database, idOf('whe'))],
  listEndpoints: () => pages.map((page) => endpoints.listEndpoints(database, page)),
  listActiveEndpoints: () => [endpoints.listActiveEndpoints(database, 50)],
  listContacts: () => [contacts.listContacts(database, [idOf('acc')])],
  listClientContacts: () => [contacts.listClientContacts(database, idOf('acc'), 50)],
  findContact: () => [contacts.findContact(database, idOf('ctc'))],
  listContactsSince: () => [contacts.listContactsSince(database, idOf('acc'), AT, 50)],
  listPreferences: () => [contacts.listPreferences(database, ['operator'])],
  listNotices: () => [notices.listNotices(database, ['jnl_1'])],
  listDeliveriesDue: () => [notices.listDeliveriesDue(database, AT, 50)],
  listDeliveries: () => pages.map((page) => notices.listDeliveries(database, idOf('whe'), page)),
  findSentSince: () => [notices.findSentSince(database, idOf('whe'), AT)],
  listEntries: () =>
    pages.flatMap((page) => [
      journal.listEntries(database, { accountId: idOf('acc') }, page),
      journal.listEntries(database, { subjectId: idOf('xfr') }, page),
      journal.listEntries(database, { accountId: idOf('acc'), kinds: ['order.executed'] }, page),
    ]),
  listAttestations: () => [attestations.listAttestations(database, idOf('acc'), { from: 1, to: 9 }, 50)],
  findLastCheckpoint: () => [checkpoints.findLastCheckpoint(database)],
  findCheckpoint: () => [checkpoints.findCheckpoint(database, 1)],
  findCheckpointOver: () => [checkpoints.findCheckpointOver(database, 1)],
  listCheckpoints: () => [checkpoints.listCheckpoints(database, 1, 50)],
  listHashesAfter: () => [checkpoints.listHashesAfter(database, 1, 50)],
  listEntriesBetween: () => [checkpoints.listEntriesBetween(database, { from: 1, to: 9 }, 50)],
  findLastPlace: () => [checkpoints.findLastPlace(database)],
  findOrphan: () => [checkpoints.findOrphan(database, { from: 1, to: 9 })],
  findRestoreUpTo: () => [checkpoints.findRestoreUpTo(database, 9)],
  findRestoreSince: () => [checkpoints.findRestoreSince(database, '2031-01-01T00:00:00.000Z')],
  listJournal: () =>
    journalQueries.flatMap((query) => [
      journalPages.listJournal(database, query, { limit: 50 }),
      journalPages.listJournal(database, query, { before: 9, limit: 50 }),
    ]),
  listJournalUpTo: () =>
    journalQueries.map((query) => journalPages.listJournalUpTo(database, query, { after: 1, upTo: 9, limit: 50 })),
  findMandate: () => scopes.map((scope) => mandates.findMandate(database, scope, idOf('mnd'))),
  listMandates: () =>
    scopes.flatMap((scope) => pages.map((page) => mandates.listMandates(database, scope, idOf('acc'), page))),
  listMandatesTo: () => [mandates.listMandatesTo(database, idOf('dst'), ['granted', 'active'], 50)],
  listLivingMandatesTo: () => [mandates.listLivingMandatesTo(database, idOf('acc'), '0x1')],
  listMandatesOver: () => [mandates.listMandatesOver(database, AT, 50)],
  findLimitDay: () => [mandates.findLimitDay(database, 'limit:1')],
  listMovementsByHash: () => [movements.listMovementsByHash(database, idOf('wal'), ['0x1', '0x2'])],
  listMovementsAfter: () =>
    [undefined, { at: AT, id: idOf('mov') }].map((after) =>
      movements.listMovementsAfter(database, idOf('acc'), after, 50),
    ),
  findOrder: () => scopes.map((scope) => orders.findOrder(database, scope, idOf('ord'))),
  listOrders: () =>
    pages.flatMap((page) => [
      orders.listOrders(database, {}, page),
      orders.listOrders(database, { accountId: idOf('acc') }, page),
      orders.listOrders(database, { scheduleId: idOf('sch') }, page),
      orders.listOrders(database, { accountId: idOf('acc'), scheduleId: idOf('sch') }, page),
      orders.listOrders(database, { status: 'released', kind: 'sweep' }, page),
      orders.listOrders(database, { accountId: idOf('acc'), status: 'executed', kind: 'withdrawal' }, page),
    ]),
  findOrderByOrigin: () => [orders.findOrderByOrigin(database, 'issuer|subject|POST|/v1/orders|key')],
  listScheduledOrdersDue: () => [orders.listScheduledOrdersDue(database, AT, 50)],
  findTransferAtLane: () => [transfers.findTransferAtLane(database, idOf('wal'))],
  listTransfersInFlight: () => [transfers.listTransfersInFlight(database, idOf('wal'), 50)],
  listTransfersSince: () => [transfers.listTransfersSince(database, idOf('wal'), AT, 50)],
  findOrderWait: () => [orderWaits.findOrderWait(database, idOf('ord'))],
  listOrdersToStart: () => [orders.listOrdersToStart(database, AT, 50)],
  listMandateWork: () =>
    [null, idOf('ord')].map((after) => mandateWork.listMandateWork(database, idOf('mnd'), { after, limit: 50 })),
  findMessage: () => [outbox.findMessage(database, 'msg_1')],
  listMandatesLeftBehind: () => [mandates.listMandatesLeftBehind(database, 50)],
  findScreeningList: () => [screening.findScreeningList(database, idOf('scl'))],
  findActiveList: () => [screening.findActiveList(database)],
  listScreeningLists: () => pages.map((page) => screening.listScreeningLists(database, page)),
  findEntryCount: () => [screening.findEntryCount(database, idOf('scl'))],
  listEntriesOf: () => [
    screening.listEntriesOf(database, idOf('scl'), undefined, 50),
    screening.listEntriesOf(database, idOf('scl'), { family: 'evm', address: ADDRESS }, 50),
  ],
  listRescreened: () => [
    screening.listRescreened(database, idOf('scl'), null, 50),
    screening.listRescreened(database, idOf('scl'), idOf('dst'), 50),
  ],
  findSchedule: () => scopes.map((scope) => schedules.findSchedule(database, scope, idOf('sch'))),
  listSchedules: () =>
    pages.flatMap((page) => [
      schedules.listSchedules(database, {}, page),
      schedules.listSchedules(database, { accountId: idOf('acc') }, page),
    ]),
  listDueSchedules: () => [schedules.listDueSchedules(database, AT, 50)],
  listResults: () => [schedules.listResults(database, activeSchedule())],
  findSlotTaken: () => [orders.findSlotTaken(database, idOf('sch'), AT)],
  findOrderOfSlot: () => [orders.findOrderOfSlot(database, idOf('sch'), AT)],
  listTriggered: () => [
    schedules.listTriggered(database, 'deposit_received', idOf('acc'), 50),
    schedules.listTriggered(database, 'balance_above', undefined, 50),
  ],
  findTransfer: () => scopes.map((scope) => transfers.findTransfer(database, scope, idOf('xfr'))),
  findCursor: () => [cursors.findCursor(database, 'x')],
  findWalletAfter: () => [accounts.findWalletAfter(database, '')],
  listToldOf: () => [incidents.listToldOf(database, 'transfer_unknown', ['a', 'b'])],
  listSlowTransfers: () => [transfers.listSlowTransfers(database, 'submitted', AT, 50)],
  listKnownTransfers: () => [transfers.listKnownTransfers(database, ['xfr-1'], ['f1-a'])],
  findBreaker: () => [breaker.findBreaker(database)],
  findFreeAt: () => [pace.findFreeAt(database, 'money')],
  findTransferByCustodyId: () => [transfers.findTransferByCustodyId(database, 'xfr-1')],
  findTransferByExternalId: () => [transfers.findTransferByExternalId(database, 'f1-abc')],
  listTransfers: () =>
    pages.flatMap((page) => [
      transfers.listTransfers(database, {}, page),
      transfers.listTransfers(database, { accountId: idOf('acc') }, page),
    ]),
  listTransfersToSend: () => [transfers.listTransfersToSend(database, AT, 50)],
  listTransfersTooLate: () => [transfers.listTransfersTooLate(database, AT, 50)],
  listTransfersToRead: () => [transfers.listTransfersToRead(database, AT, 50)],
  findTransferAhead: () => [transfers.findTransferAhead(database, { walletId: idOf('wal'), id: idOf('xfr') })],
  findFirstInTurn: () =>
    [undefined, idOf('xfr')].map((besides) => transfers.findFirstInTurn(database, idOf('wal'), besides)),
  listTransfersByIds: () => [transfers.listTransfersByIds(database, [idOf('xfr')])],
  listTransfersStoppable: () =>
    [
      { accountId: null, after: null },
      { accountId: idOf('acc'), after: idOf('xfr') },
      { accountId: null, after: idOf('xfr') },
    ].map((of) => transfers.listTransfersStoppable(database, of, 50)),
  findHaltOfAll: () => [halts.findHaltOfAll(database)],
  findHotWallet: () => [hotWallets.findHotWallet(database, idOf('hot'))],
  findHotWalletAfter: () => [hotWallets.findHotWalletAfter(database, '')],
  listActiveHotWallets: () => [hotWallets.listActiveHotWallets(database, 50, ['Base'])],
  listHotWallets: () => [hotWallets.listHotWallets(database, { limit: 50 })],
  listPayoutSumsAfter: () => [hotWallets.listPayoutSumsAfter(database, 'asset', countsAfter(AT))],
  listPayoutSums: () => [hotWallets.listPayoutSums(database, ['cap:a', 'cap:b'])],
  findPayee: () => [payees.findPayee(database, idOf('pye'))],
  findPayeeOf: () => [payees.findPayeeOf(database, 'EthereumSepolia', '0x1')],
  listPayees: () => [payees.listPayees(database, { limit: 50 })],
  findBatch: () => [payoutBatches.findBatch(database, idOf('bat'))],
  findLastUpload: () => [payoutBatches.findLastUpload(database, 'a')],
  findBatchOfFile: () => [payoutBatches.findBatchOfFile(database, 'a')],
  listBatches: () => [payoutBatches.listBatches(database, { limit: 50 })],
  listBatchesIn: () => [payoutBatches.listBatchesIn(database, 'running', { limit: 50 })],
  listLoadsOfFiles: () => [payoutBatches.listLoadsOfFiles(database, AT, 50)],
  listBatchesOver: () => [payoutBatches.listBatchesOver(database, 50)],
  findCounts: () => [payoutBatches.findCounts(database, idOf('bat'))],
  listCounts: () => [payoutBatches.listCounts(database, [idOf('bat'), idOf('bat', 2)])],
  listFlags: () => [payoutBatches.listFlags(database, { batchId: idOf('bat'), number: 1 }, { after: 0, limit: 50 })],
  findPayout: () => [payouts.findPayout(database, idOf('pay'))],
  findPayoutAt: () => [payouts.findPayoutAt(database, idOf('bat'), 2)],
  listPayouts: () =>
    [undefined, 'ready' as const].map((status) =>
      payouts.listPayouts(database, { batchId: idOf('bat'), status }, { after: 0, limit: 50 }),
    ),
  listPayoutsToCancel: () => [payouts.listPayoutsToCancel(database, idOf('bat'), { after: 0, limit: 50 })],
  listPayoutsReady: () => [payoutsReady.listPayoutsReady(database, { batchId: idOf('bat'), asset: 'asset' }, 50)],
  listUnitsReady: () => [payoutsReady.listUnitsReady(database, idOf('bat'))],
  listLinesAbove: () => [payoutsReady.listLinesAbove(database, { batchId: idOf('bat'), asset: 'a' }, 1n, 50)],
  listRowsAbove: () => [payoutsReady.listRowsAbove(database, [{ asset: 'asset', most: 1n }], 50)],
  findSmallestReady: () => [payoutsReady.findSmallestReady(database, { batchId: idOf('bat'), asset: 'asset' })],
  findBatchWaiting: () => [payoutsReady.findBatchWaiting(database, 'asset', 100n)],
  listAssetsWaiting: () => [payoutsReady.listAssetsWaiting(database, ['asset'])],
  listAssetsWithoutWallet: () => [payoutsReady.listAssetsWithoutWallet(database, [{ id: 'asset', network: 'Base' }])],
  listRowFacts: () => [payouts.listRowFacts(database, idOf('bat'), [], AT)],
  listTransfersByHash: () => [transfers.listTransfersByHash(database, idOf('acc'), ['0x1', '0x2'])],
};

/** What a hand-over, a step and a delivery write: guards, entries, guarded rows, rows that exist once. */
async function writeOnce(): Promise<void> {
  const by = provenance();
  const mandate = activeMandate();
  await env.DB.prepare("INSERT INTO fences VALUES (?, 1, 'intact', '[]', ?, NULL)").bind(idOf('acc'), AT).run();
  accepted(await commit(database, { by, changes: [mandates.mandateChange(undefined, mandate)] }));
  const written = await commit(database, {
    by,
    changes: [mandates.mandateChange(mandate, revoke(mandate, AT))],
    messages: [message('money', (id) => ({ id }))],
    requires: [
      { holds: sql`NOT ${epochs.epochStands('1')}`, refusal: { code: 'not_found' } },
      { holds: halts.noHalt(of), refusal: { code: 'not_found' } },
      { holds: mandates.mandateHolds(mandate.id, AT), refusal: { code: 'not_found' } },
      { holds: fences.fenceStands(idOf('acc'), AT), refusal: { code: 'not_found' } },
      { holds: openWork.hasNoOpenWork(idOf('acc', 9)), refusal: { code: 'not_found' } },
      { holds: sql`NOT ${accounts.accountIsVersion(idOf('acc'), 1)}`, refusal: { code: 'not_found' } },
      { holds: sql`NOT ${accounts.accountIsActive(idOf('acc'))}`, refusal: { code: 'not_found' } },
      {
        holds: sql`NOT ${destinations.destinationIsUsable(idOf('dst'), AT)}`,
        refusal: { code: 'not_found' },
      },
      { holds: screening.activeListIs(null), refusal: { code: 'not_found' } },
      { holds: halts.noHaltOfAll, refusal: { code: 'not_found' } },
      { holds: sql`NOT ${payoutBatches.batchIsIn(idOf('bat'), 'running')}`, refusal: { code: 'not_found' } },
      idempotency.isUnanswered('a', 'another'),
      { holds: payouts.isNotSanctioned('evm', '0x1'), refusal: { code: 'not_found' } },
      { holds: sql`NOT ${hotWallets.hotWalletIsActive(idOf('hot'))}`, refusal: { code: 'not_found' } },
      { holds: hotWallets.payoutSumsAreAt('asset', countsAfter(AT), 0), refusal: { code: 'not_found' } },
      { holds: hotWallets.isNoClientsWallet('wa-none'), refusal: { code: 'not_found' } },
      { holds: transfers.onlyTheseInFlight(idOf('hot'), [idOf('xfr')]), refusal: { code: 'not_found' } },
    ],
    once: [
      idempotency.keepAnswer({ actor: 'a', key: 'k', fingerprint: 'f', status: 201, body: '{}', createdAt: AT }),
      inbox.inboxOnce([
        {
          ...{ key: 'k', eventId: 'e', kind: 'x', outcome: 'kept', receivedAt: AT, rawKey: 'r' },
          ...{ subject: 'xfr-1', date: AT, nextLookAt: null, looks: 0 },
        },
      ]),
      inbox.deliveryRows([{ eventId: 'e', rootId: 'e', receivedAt: AT }]),
      inbox.orphanStep('k', { outcome: 'kept', nextLookAt: null, looks: 1 }),
      inbox.countEvents({
        ...{ day: '2031-03-03', received: 1, duplicates: 0, outOfOrder: 0, backfilled: 0, orphans: 0, strange: 0 },
        ...{ lagSecondsSum: 1, lagSecondsMax: 1 },
      }),
      deadLetters.buried([letter]),
      deadLetters.unsent('msg_2'),
      outbox.wakeRows([outbox.wakeRow(by, 'events', (id) => ({ id }))]),
    ],
  });
  accepted(written);
  await incidents.openIncident(database, by, { kind: 'fence_broken', about: 'x', accountId: null, detail: 'y' });
  await outbox.claimDueMessages(database, { at: AT, until: AT, limit: 50, eventsInFlightMax: 50 });
  await outbox.giveBack(database, ['msg_1', 'msg_2'], AT);
  await outbox.postpone(database, 'msg_1', AT);
  await outbox.finish(database, 'msg_1');
  await idempotency.forgetAnswers(database, AT);
  await orderWaits.keepOrderWait(database, { orderId: idOf('ord'), since: AT, nextLookAt: AT });
  await orderWaits.forgetOrderWaits(database, AT);
  const seen = { custodyId: 'plc-1', kind: 'listing', found: null, seenAt: AT } as const;
  await sightings.keepSightings(database, [seen]);
  await sightings.forgetSighting(database, 'plc-1');
  const delivery = { entryId: 'jnl_1', kind: 'halt.lifted', channel: 'chat', target: 'admin' } as const;
  await notices.keepDeliveries(database, [notices.newDelivery(idOf('dlv'), delivery, AT)]);
  await notices.claimDelivery(database, idOf('dlv'), AT, AT);
  await notices.hurryDeliveries(database, 'admin', AT);
  await notices.resendDelivery(database, 'admin', idOf('dlv'), AT);
  await notices.resendFailed(database, 'admin', AT, AT, 50);
  await notices.forgetDeliveries(database, AT, 50);
  await metrics.readMetrics(database, AT);
}

/** Steps of a plan that read a whole table, or the whole of an index without stopping at a page's end. */
async function scansOf({ sql: text, params }: Recorded): Promise<string[]> {
  const explained = env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`).bind(...params);
  const { results } = await explained.all<{ detail: string }>();
  return results
    .map(({ detail }) => detail)
    .filter((detail) => detail.startsWith('SCAN ') && !/^SCAN (json_each|CONSTANT ROW|\(?subquery)/i.test(detail))
    .filter((detail) => !BOUNDED_PARTS.test(detail))
    .filter((detail) => !(isByIndex(detail) && (/ limit \?/i.test(text) || SHORT_INDEXES.test(detail))))
    .map((detail) => `${detail}: ${text}`);
}
const isByIndex = (detail: string): boolean => / USING (COVERING )?INDEX /.test(detail);
/** Lists bound to the statement, and parts of it that end by a limit of their own. */
const BOUNDED_PARTS = /^SCAN ((looked|entry|page|last|ends)( LEFT-JOIN)?$|\w+ VIRTUAL TABLE)/;
/** An index over the few halts that are in force now. */
const SHORT_INDEXES = /INDEX halts_in_force$/;

const scansIn = async (notes: readonly Recorded[]): Promise<string[]> => (await Promise.all(notes.map(scansOf))).flat();

describe('query plan', () => {
  it('knows every query that the store exports', () => {
    const modules = import.meta.glob('../../src/store/*.ts', { eager: true });
    const names = Object.values(modules).flatMap((module) => Object.keys(module));
    const queries = names.filter((name) => /^(find|list)[A-Z]/.test(name));
    expect(Object.keys(modules).length).toBeGreaterThan(10);
    expect(Object.keys(calls).sort()).toEqual(queries.sort());
  });

  it.each(Object.keys(calls))('of %s reads no whole table', async (name) => {
    heard.length = 0;
    const answers = calls[name]?.() ?? [];
    await Promise.all(answers);
    expect(heard.length).toBeGreaterThanOrEqual(answers.length);
    expect(await scansIn([...heard])).toEqual([]);
  });

  it('of everything that a commit writes reads no whole table', async () => {
    heard.length = 0;
    await writeOnce();
    const notes = [...heard];
    expect(notes.filter(({ sql: text }) => text.includes('_guard')).length).toBeGreaterThan(4);
    expect(await scansIn(notes)).toEqual([]);
  });

  it('that reads a whole table is noticed here', async () => {
    const whole = { sql: 'SELECT * FROM accounts WHERE tag = ?', params: ['x'] };
    const pageless = { sql: 'SELECT id FROM accounts ORDER BY id', params: [] };
    const byKey = { sql: 'SELECT * FROM accounts WHERE id = ?', params: ['x'] };
    expect(await scansIn([whole, pageless, byKey])).toHaveLength(2);
  });
});
