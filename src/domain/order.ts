// An instruction to move money, now or later: under a mandate, or by the client itself. Each slot of a schedule makes at most
// one, and so does each key of a request.
import type { AssetId } from './asset.ts';
import type { AccountId, DestinationId, MandateId, NewId, OrderId, ScheduleId, TransferId } from './id.ts';
import { type InStatus, machine, transitions } from './machine.ts';
import type { HowMuch, OrderKind } from './order-amount.ts';
import type { Schedule } from './schedule.ts';
import { addSeconds, type Timestamp } from './time.ts';

export const orderMachine = machine({
  scheduled: ['released', 'canceled', 'skipped'],
  released: ['executing', 'blocked', 'canceled', 'skipped'],
  executing: ['executed', 'failed', 'rejected', 'canceled'],
  executed: [],
  failed: [],
  rejected: [],
  blocked: [],
  canceled: [],
  skipped: [],
});

interface OrderCore extends HowMuch {
  readonly id: OrderId;
  /** 0 when it was released with thousands of others: its first own step writes its first entry. */
  readonly version: number;
  readonly accountId: AccountId;
  /** Null: the client moves its own money. */
  readonly mandateId: MandateId | null;
  readonly destinationId: DestinationId;
  /** Both null: asked for once, by a request. */
  readonly scheduleId: ScheduleId | null;
  /** A due instant, or what a trigger fired on; unique in its schedule. */
  readonly slot: string | null;
  /** What the external id follows from, so that the same wish has the same id in a restored database too. */
  readonly origin: string;
  readonly kind: OrderKind;
  readonly asset: AssetId;
  readonly dueAt: Timestamp;
  /** Past this instant it is skipped, never sent late. */
  readonly notAfter: Timestamp;
  readonly transferId: TransferId | null;
  readonly createdAt: Timestamp;
}

interface OrderFacts {
  scheduled: object;
  released: object;
  executing: { readonly transferId: TransferId };
  executed: { readonly transactionHash: string; readonly executedAt: Timestamp };
  failed: { readonly reason: string };
  rejected: { readonly reason: string };
  blocked: { readonly reason: string; readonly rule: string };
  canceled: { readonly reason: string };
  /** With a rule where one said that there is nothing to do, or that it is too late. */
  skipped: { readonly reason: string; readonly rule?: string };
}

export type OrderStatus = keyof typeof orderMachine;
export type Order<S extends OrderStatus = OrderStatus> = InStatus<OrderCore, OrderFacts, S>;

const become = transitions<typeof orderMachine, OrderCore, OrderFacts>();

/** How long after its due instant, or after it was caught up with, an order may still start. */
const NOT_AFTER_SECONDS = 3_600;
export const notAfterOf = (dueAt: Timestamp, releasedAt: Timestamp): Timestamp =>
  addSeconds(dueAt > releasedAt ? dueAt : releasedAt, NOT_AFTER_SECONDS);

export const originOfSlot = (scheduleId: ScheduleId, slot: string): string => `${scheduleId}|${slot}`;

/** Its time has come. */
export const releaseOrder = (order: Order<'scheduled'>): Order<'released'> => become(order, 'released', {});

/**
 * What a schedule's occurrence asks for, frozen: an edit of the schedule does not reach it. The caller gives it its status.
 * @param slot a due instant, or what a trigger fired on; unique in its schedule
 */
export const orderOf = (
  by: { readonly at: Timestamp; readonly newId: NewId },
  schedule: Pick<Schedule, 'id' | 'accountId' | 'mandateId' | 'kind' | 'asset' | 'amount' | 'units'>,
  destinationId: DestinationId,
  { slot, dueAt }: { slot: string; dueAt: Timestamp },
): OrderCore => ({
  id: by.newId('ord'),
  version: 1,
  accountId: schedule.accountId,
  mandateId: schedule.mandateId,
  destinationId,
  scheduleId: schedule.id,
  slot,
  origin: originOfSlot(schedule.id, slot),
  kind: schedule.kind,
  asset: schedule.asset,
  amount: schedule.amount,
  units: schedule.units,
  dueAt,
  notAfter: notAfterOf(dueAt, by.at),
  transferId: null,
  createdAt: by.at,
});

/** The transfer is handed over in the same commit. */
export const execute = (order: Order<'released'>, transferId: TransferId): Order<'executing'> =>
  become(order, 'executing', { transferId });

export const complete = (order: Order<'executing'>, transactionHash: string, at: Timestamp): Order<'executed'> =>
  become(order, 'executed', { transactionHash, executedAt: at });

export const failOrder = (order: Order<'executing'>, reason: string): Order<'failed'> =>
  become(order, 'failed', { reason });

export const rejectOrder = (order: Order<'executing'>, reason: string): Order<'rejected'> =>
  become(order, 'rejected', { reason });

/** A rule said no at the hand-over; nothing reached custody. */
export const block = (order: Order<'released'>, rule: string, reason: string): Order<'blocked'> =>
  become(order, 'blocked', { rule, reason });

export const skip = (order: Order<'scheduled' | 'released'>, reason: string, rule?: string): Order<'skipped'> =>
  become(order, 'skipped', { reason, ...(rule === undefined ? {} : { rule }) });

export const cancel = (order: Order<'scheduled' | 'released'>, reason: string): Order<'canceled'> =>
  become(order, 'canceled', { reason });
