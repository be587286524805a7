// Every queue message: schema and constructor. Messages carry ids, not state: the consumer reads the truth from D1.
import * as z from 'zod';
import type { AccountId, OrderId, PolicyChangeId, ScreeningListId, TransferId, WalletId } from '../domain/id.ts';

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

export const WebhookReceived = envelope('webhook.received', {
  /** The body as it was signed, or its ids alone when it is too large for a message. */
  body: z.string(),
  receivedAt: z.string(),
});
export const RefreshTransfer = envelope('transfer.refresh', {
  transferId: idOf<TransferId>('xfr'),
  /** Where an event says the transfer is at custody; believed only after it was read there. */
  custodyId: z.string().nullable(),
});
export const RefreshPolicyChange = envelope('policy_change.refresh', { changeId: idOf<PolicyChangeId>('chg') });
export const CheckFence = envelope('fence.check', { accountId: idOf<AccountId>('acc') });
export const SweepFences = envelope('fence.sweep', {
  /** Names the sweep: what was seen before it is not of it. */
  startedAt: z.string(),
  stage: z.enum(['policies', 'wallets', 'accounts', 'histories']),
  cursor: z.string().nullable(),
});
export const SyncWallet = envelope('wallet.sync', { walletId: idOf<WalletId>('wal') });
/** What was booked as received, by the hashes of its transactions. */
export const DepositsBooked = envelope('deposits.booked', {
  accountId: idOf<AccountId>('acc'),
  walletId: idOf<WalletId>('wal'),
  hashes: z.array(z.string()),
});
export const MakeStatement = envelope('statement.make', {
  accountId: idOf<AccountId>('acc'),
  month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/),
});
/** How far it has come stands with the list. */
export const RescreenDestinations = envelope('screening.rescreen', { listId: idOf<ScreeningListId>('scl') });

type Body<S extends z.ZodType> = Omit<z.infer<S>, 'v' | 'id' | 'type'>;
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
export const webhookReceived = constructorOf<typeof WebhookReceived>('webhook.received');
export const refreshTransfer = constructorOf<typeof RefreshTransfer>('transfer.refresh');
export const refreshPolicyChange = constructorOf<typeof RefreshPolicyChange>('policy_change.refresh');
export const checkFence = constructorOf<typeof CheckFence>('fence.check');
export const sweepFences = constructorOf<typeof SweepFences>('fence.sweep');
export const syncWallet = constructorOf<typeof SyncWallet>('wallet.sync');
export const depositsBooked = constructorOf<typeof DepositsBooked>('deposits.booked');
export const rescreenDestinations = constructorOf<typeof RescreenDestinations>('screening.rescreen');

export const makeStatement = constructorOf<typeof MakeStatement>('statement.make');

/** As a queue's `sendBatch` takes them. */
export const bodies = (messages: readonly object[]): { body: object }[] => messages.map((body) => ({ body }));
