// Every queue message: schema and constructor. Messages carry ids, not state: the consumer reads the truth from D1.
import * as z from 'zod';
import type {
  AccountId,
  ArrivalId,
  BatchId,
  ContactId,
  DeliveryId,
  HotWalletId,
  MandateId,
  OrderId,
  PayoutId,
  PolicyChangeId,
  ScreeningListId,
  TransferId,
  WalletId,
} from '../domain/id.ts';

const VERSION = 1;

/** Ids were made by this system; the prefix is checked, the type says which. */
const idOf = <T extends string>(prefix: string) =>
  z.custom<T>((value) => typeof value === 'string' && value.startsWith(`${prefix}_`));
const envelope = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ v: z.literal(VERSION), id: z.string().nullable(), type: z.literal(type), ...shape });

export const OpenAccount = envelope('account.open', { accountId: idOf<AccountId>('acc') });
export const AddWallet = envelope('wallet.add', { walletId: idOf<WalletId>('wal') });
export const SettleLimits = envelope('limits.settle', { accountId: idOf<AccountId>('acc') });
export const ChangePolicy = envelope('policy.change', { accountId: idOf<AccountId>('acc') });
export const PutListBack = envelope('policy.put_back', { accountId: idOf<AccountId>('acc') });
export const OrderDue = envelope('order.due', { orderId: idOf<OrderId>('ord') });
export const TransferDue = envelope('transfer.due', { transferId: idOf<TransferId>('xfr') });

export const MarkStops = envelope('transfers.mark_stops', {
  /** Null: of every account. */
  accountId: idOf<AccountId>('acc').nullable(),
  after: idOf<TransferId>('xfr').nullable(),
});

/** What stands under a revoked mandate and was not handed over; orders after this one. */
export const EndMandateWork = envelope('mandate.end_work', {
  mandateId: idOf<MandateId>('mnd'),
  after: idOf<OrderId>('ord').nullable(),
});

/** How far a check has come stands with the batch. */
export const CheckBatch = envelope('payouts.check', { batchId: idOf<BatchId>('bat') });
/** Released batches begin, and those that nothing is left of are finished. */
export const RunBatches = envelope('payouts.run', {});
/** What of a canceled batch has not left, behind this line. */
export const CancelRows = envelope('payouts.cancel_rows', {
  batchId: idOf<BatchId>('bat'),
  // A message of an earlier version begins with the first line.
  after: z.number().int().default(0),
});
/** Custody paid it in a time that this database forgot. */
export const TakeUpPayout = envelope('payout.take_up', { payoutId: idOf<PayoutId>('pay') });
/** It is the turn of a hot wallet to pay its next row. */
export const PayNext = envelope('payout.next', { walletId: idOf<HotWalletId>('hot') });

export const WebhookReceived = envelope('webhook.received', {
  /** The body as it was signed, or its ids alone when it is too large for a message. */
  body: z.string(),
  receivedAt: z.string(),
  /** Whether custody brought it, or we fetched it from custody's list. */
  via: z.enum(['webhook', 'backfill']).default('webhook'),
});
export const RefreshTransfer = envelope('transfer.refresh', {
  transferId: idOf<TransferId>('xfr'),
  /** Where an event says the transfer is at custody; believed only after it was read there. */
  custodyId: z.string().nullable(),
  /** It is only further on its way: nobody waits for that, and its end will tell the same. */
  isIdle: z.boolean().default(false),
});
export const RefreshPolicyChange = envelope('policy_change.refresh', { changeId: idOf<PolicyChangeId>('chg') });
export const CheckFence = envelope('fence.check', { accountId: idOf<AccountId>('acc') });
export const SweepFences = envelope('fence.sweep', {
  /** Names the sweep: what was seen before it is not of it. */
  startedAt: z.string(),
  stage: z.enum(['policies', 'wallets', 'accounts', 'histories']),
  cursor: z.string().nullable(),
});
export const SyncWallet = envelope('wallet.sync', {
  walletId: idOf<WalletId>('wal'),
  /** Somebody waits for a deposit; what else is to be booked waits until custody is asked for nothing more important. */
  isUrgent: z.boolean().default(true),
});
/** A wallet at custody that is none of ours. */
export const LookAtStray = envelope('wallet.look', { custodyId: z.string() });
/** What was booked as received, by the hashes of its transactions. */
export const DepositsBooked = envelope('deposits.booked', {
  accountId: idOf<AccountId>('acc'),
  walletId: idOf<WalletId>('wal'),
  hashes: z.array(z.string()),
});
/** A restore reads the transfers of every wallet at custody; it has come as far as the wallet that is done. */
export const RecoverTransfers = envelope('restore.transfers', {
  epoch: z.string(),
  done: z.string(),
  page: z.string().nullable(),
});
/** Then everything at custody that carries a client's tag. */
export const LookForLost = envelope('restore.lost', {
  epoch: z.string(),
  stage: z.enum(['wallets', 'policies']),
  cursor: z.string().nullable(),
});
export const ReadArrival = envelope('arrival.read', { arrivalId: idOf<ArrivalId>('arr') });
export const BackfillMonth = envelope('events.backfill', { until: z.string() });
export const MakeStatement = envelope('statement.make', {
  accountId: idOf<AccountId>('acc'),
  month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/),
});
/** The day it was asked for, and the digest of its data. */
export const PRINT_NAME = /^\d{4}-\d{2}-\d{2}-[0-9a-f]{64}$/;
export const PrintStatement = envelope('statement.print', {
  accountId: idOf<AccountId>('acc'),
  print: z.string().regex(PRINT_NAME),
});
/** How far it has come stands with the list. */
export const RescreenDestinations = envelope('screening.rescreen', { listId: idOf<ScreeningListId>('scl') });
/** Written by `commit` itself: entries of the journal of which somebody is to be told. */
export const RaiseNotices = envelope('notice.raise', { entryIds: z.array(z.string()) });
/** What concerns every client, to those behind this account. */
export const TellClients = envelope('notice.tell_clients', { entryId: z.string(), after: z.string() });
export const DeliverNotice = envelope('notice.deliver', { deliveryId: idOf<DeliveryId>('dlv') });
export const MailCode = envelope('contact.mail_code', { contactId: idOf<ContactId>('ctc') });

export const KeepCheckpoint = envelope('checkpoint.keep', { sequence: z.number().int().positive() });
export const SendCheckpoint = envelope('checkpoint.send', { sequence: z.number().int().positive() });
/** Where it goes on stands in D1. */
export const StreamJournal = envelope('journal.stream', {});

type Body<S extends z.ZodType> = Omit<z.input<S>, 'v' | 'id' | 'type'>;
const constructorOf =
  <S extends z.ZodType<{ type: string }>>(type: z.infer<S>['type']) =>
  (body: Body<S>) =>
  (id: string | null) => ({ v: VERSION, id, type, ...body });

export const openAccount = constructorOf<typeof OpenAccount>('account.open');
export const addWallet = constructorOf<typeof AddWallet>('wallet.add');
export const settleLimits = constructorOf<typeof SettleLimits>('limits.settle');
export const changePolicy = constructorOf<typeof ChangePolicy>('policy.change');
export const putListBack = constructorOf<typeof PutListBack>('policy.put_back');
export const orderDue = constructorOf<typeof OrderDue>('order.due');
export const transferDue = constructorOf<typeof TransferDue>('transfer.due');
export const markStops = constructorOf<typeof MarkStops>('transfers.mark_stops');
export const endMandateWork = constructorOf<typeof EndMandateWork>('mandate.end_work');
export const checkBatch = constructorOf<typeof CheckBatch>('payouts.check');
export const runBatches = constructorOf<typeof RunBatches>('payouts.run');
export const cancelRows = constructorOf<typeof CancelRows>('payouts.cancel_rows');
export const takeUpPayout = constructorOf<typeof TakeUpPayout>('payout.take_up');
export const payNext = constructorOf<typeof PayNext>('payout.next');
export const webhookReceived = constructorOf<typeof WebhookReceived>('webhook.received');
export const refreshTransfer = constructorOf<typeof RefreshTransfer>('transfer.refresh');
export const refreshPolicyChange = constructorOf<typeof RefreshPolicyChange>('policy_change.refresh');
export const checkFence = constructorOf<typeof CheckFence>('fence.check');
export const sweepFences = constructorOf<typeof SweepFences>('fence.sweep');
export const syncWallet = constructorOf<typeof SyncWallet>('wallet.sync');
export const lookAtStray = constructorOf<typeof LookAtStray>('wallet.look');
export const depositsBooked = constructorOf<typeof DepositsBooked>('deposits.booked');
export const rescreenDestinations = constructorOf<typeof RescreenDestinations>('screening.rescreen');
export const recoverTransfers = constructorOf<typeof RecoverTransfers>('restore.transfers');
export const lookForLost = constructorOf<typeof LookForLost>('restore.lost');
export const readArrival = constructorOf<typeof ReadArrival>('arrival.read');
export const backfillMonth = constructorOf<typeof BackfillMonth>('events.backfill');
export const raiseNotices = constructorOf<typeof RaiseNotices>('notice.raise');
export const tellClients = constructorOf<typeof TellClients>('notice.tell_clients');
export const deliverNotice = constructorOf<typeof DeliverNotice>('notice.deliver');
export const mailCode = constructorOf<typeof MailCode>('contact.mail_code');
export const keepCheckpoint = constructorOf<typeof KeepCheckpoint>('checkpoint.keep');
export const sendCheckpoint = constructorOf<typeof SendCheckpoint>('checkpoint.send');
export const streamJournal = constructorOf<typeof StreamJournal>('journal.stream');

export const printStatement = constructorOf<typeof PrintStatement>('statement.print');
export const makeStatement = constructorOf<typeof MakeStatement>('statement.make');

/** As a queue's `sendBatch` takes them. */
export const bodies = (messages: readonly object[]): { body: object }[] => messages.map((body) => ({ body }));
