// Valid domain values for unit tests. A test names only what it is about; everything else is sound.
import type { Account } from '../../src/domain/account.ts';
import { type Actor, system } from '../../src/domain/actor.ts';
import type { CustodyPolicy, CustodyTransfer, CustodyWallet } from '../../src/domain/custody.ts';
import type { Destination } from '../../src/domain/destination.ts';
import { type Fence, type FoundFence, guardActivities, type WantedFence } from '../../src/domain/fence.ts';
import type { Halt } from '../../src/domain/halt.ts';
import type { Id, IdPrefix, NewId } from '../../src/domain/id.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { freshLimitDay, type LimitDay } from '../../src/domain/limit.ts';
import type { Mandate } from '../../src/domain/mandate.ts';
import type { Movement } from '../../src/domain/movement.ts';
import type { Order } from '../../src/domain/order.ts';
import type { ProofStanding } from '../../src/domain/permission-proof.ts';
import type { PolicyChange } from '../../src/domain/policy-change.ts';
import type { Refusal } from '../../src/domain/refusal.ts';
import type { Result } from '../../src/domain/result.ts';
import type { Schedule } from '../../src/domain/schedule.ts';
import type { OrderTransfer } from '../../src/domain/transfer.ts';
import type { Wallet } from '../../src/domain/wallet.ts';
import type { Provenance } from '../../src/store/journal.ts';

export const AT = '2031-03-03T09:00:00.000Z';
export const NATIVE = 'EthereumSepolia/native';
export const USDC_CONTRACT = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
export const USDC = `EthereumSepolia/${USDC_CONTRACT}`;
export const ADDRESS = '0x52908400098527886e0f7030069857d2e4169ee7';
export const OTHER_ADDRESS = '0x8617e340b3d01fa5f11f306f4090fd50e238070d';
export const WALLET_ADDRESS = '0xde709f2102306220921060314715629080e2fb77';

/** The nth id of a prefix: valid, sortable, the same in every run. */
export const idOf = <P extends IdPrefix>(prefix: P, n = 1): Id<P> => `${prefix}_${String(n).padStart(26, '0')}`;

/** Ids in a row, for one test. */
export function sequence(from = 1000): NewId {
  let last = from;
  return (prefix) => {
    last += 1;
    return idOf(prefix, last);
  };
}

export const client = (subject = 'client-1'): Actor => ({ kind: 'client', issuer: 'https://issuer.test', subject });
export const staff = (
  subject: string,
  ...roles: readonly ('operator' | 'compliance' | 'auditor' | 'admin')[]
): Actor => ({ kind: 'staff', issuer: 'https://issuer.test', subject, roles });

export const provenance = (newId: NewId = sequence(), over: Partial<Provenance> = {}): Provenance => ({
  actor: system('test'),
  requestId: 'request-1',
  at: AT,
  newId,
  ...over,
});

/** What an accepted result holds; a refusal fails the test with its words. */
export function accepted<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.refusal)}`);
  return result.value;
}

export function refusalOf(result: Result<unknown>): Refusal {
  if (result.ok) throw new Error('accepted, where a refusal is due');
  return result.refusal;
}

const record = <P extends IdPrefix>(prefix: P) => ({ id: idOf(prefix), version: 1, createdAt: AT });
const ofAccount = <P extends IdPrefix>(prefix: P) => ({ ...record(prefix), accountId: idOf('acc') });

export const openingAccount = (over: Partial<Account<'opening'>> = {}): Account<'opening'> => ({
  ...record('acc'),
  status: 'opening',
  clientId: idOf('cli'),
  tag: `client:${idOf('cli')}`,
  limitsTemplate: 'standard',
  dailyLimits: [],
  policyId: 'plc-1',
  attemptedAt: null,
  ...over,
});

export const activeWallet = (over: Partial<Wallet<'active'>> = {}): Wallet<'active'> => ({
  ...ofAccount('wal'),
  status: 'active',
  network: 'EthereumSepolia',
  custodyId: 'wa-1',
  address: WALLET_ADDRESS,
  keyId: 'key-1',
  ...over,
});

const destinationCore = {
  ...ofAccount('dst'),
  network: 'EthereumSepolia',
  address: ADDRESS,
  label: 'Exchange',
  kind: 'exchange',
} as const;
export const requestedDestination = (over: Partial<Destination<'requested'>> = {}): Destination<'requested'> => ({
  ...destinationCore,
  status: 'requested',
  screening: null,
  ...over,
});
export const proposedDestination = (over: Partial<Destination<'proposed'>> = {}): Destination<'proposed'> => ({
  ...destinationCore,
  status: 'proposed',
  proposedBy: 'https://issuer.example|operator-1',
  expiresAt: '2031-03-10T09:00:00.000Z',
  ...over,
});
export const destinationInReview = (over: Partial<Destination<'in_review'>> = {}): Destination<'in_review'> => ({
  ...destinationCore,
  status: 'in_review',
  screening: null,
  changeId: idOf('chg'),
  approvalId: 'ap-1',
  ...over,
});
export const approvedDestination = (over: Partial<Destination<'approved'>> = {}): Destination<'approved'> => ({
  ...destinationCore,
  status: 'approved',
  screening: null,
  changeId: idOf('chg'),
  approvedAt: AT,
  usableFrom: AT,
  confirmedAt: AT,
  ...over,
});
export const destinationBeingRemoved = (over: Partial<Destination<'removing'>> = {}): Destination<'removing'> => ({
  ...approvedDestination(),
  status: 'removing',
  removalAskedAt: AT,
  ...over,
});

const changeCore = {
  ...ofAccount('chg'),
  destinationId: idOf('dst'),
  policyId: 'plc-1',
  operation: 'add',
  address: ADDRESS,
  nextLookAt: AT,
} as const;
export const queuedChange = (over: Partial<PolicyChange<'queued'>> = {}): PolicyChange<'queued'> => ({
  ...changeCore,
  status: 'queued',
  ...over,
});
export const submittedChange = (over: Partial<PolicyChange<'submitted'>> = {}): PolicyChange<'submitted'> => ({
  ...changeCore,
  status: 'submitted',
  addressesBefore: [],
  addressesWanted: [ADDRESS],
  changeRequestId: 'cr-1',
  approvalId: 'ap-1',
  submittedAt: AT,
  ...over,
});
export const appliedChange = (over: Partial<PolicyChange<'applied'>> = {}): PolicyChange<'applied'> => ({
  ...submittedChange(),
  status: 'applied',
  appliedAt: AT,
  addressesRead: [ADDRESS],
  ...over,
});

const mandateCore = {
  ...ofAccount('mnd'),
  destinationId: idOf('dst'),
  venue: 'Kraken',
  strategy: 'buy and hold',
  limits: [{ asset: USDC, perOrder: 5_000_000n, perDay: 8_000_000n }],
  validFrom: '2031-03-01T00:00:00.000Z',
  validUntil: '2031-04-01T00:00:00.000Z',
};
export const grantedMandate = (over: Partial<Mandate<'granted'>> = {}): Mandate<'granted'> => ({
  ...mandateCore,
  status: 'granted',
  ...over,
});
export const activeMandate = (over: Partial<Mandate<'active'>> = {}): Mandate<'active'> => ({
  ...mandateCore,
  status: 'active',
  activeSince: AT,
  ...over,
});

/** Every day at nine in UTC; the first slot is AT. */
export const activeSchedule = (over: Partial<Schedule<'active'>> = {}): Schedule<'active'> => ({
  ...ofAccount('sch'),
  status: 'active',
  mandateId: idOf('mnd'),
  kind: 'trade_funding',
  asset: USDC,
  amount: { kind: 'fixed' },
  units: 3_000_000n,
  recurrence: { kind: 'cron', expression: '0 9 * * *', timeZone: 'UTC' },
  startAt: AT,
  endAt: null,
  runsMax: null,
  catchUp: 'latest',
  catchUpHoursMax: 24,
  failuresMax: 3,
  failuresSince: AT,
  triggerKind: null,
  fired: null,
  runs: 0,
  nextSlot: AT,
  ...over,
});

export const releasedOrder = (over: Partial<Order<'released'>> = {}): Order<'released'> => ({
  ...ofAccount('ord'),
  status: 'released',
  mandateId: idOf('mnd'),
  destinationId: idOf('dst'),
  scheduleId: idOf('sch'),
  slot: AT,
  origin: `${over.scheduleId ?? idOf('sch')}|${over.slot ?? AT}`,
  kind: 'trade_funding',
  asset: USDC,
  amount: { kind: 'fixed' },
  units: 3_000_000n,
  dueAt: AT,
  notAfter: '2031-03-03T10:00:00.000Z',
  transferId: null,
  ...over,
});

/** The request as custody keeps it; what is frozen in a transfer is its text. */
export const requestBody = {
  kind: 'Erc20',
  contract: USDC_CONTRACT,
  to: ADDRESS,
  amount: '3000000',
  externalId: 'f1-abc',
};
const transferCore = {
  ...ofAccount('xfr'),
  orderId: idOf('ord'),
  walletId: idOf('wal'),
  custodyWalletId: 'wa-1',
  destinationId: idOf('dst'),
  asset: USDC,
  units: 3_000_000n,
  externalId: 'f1-abc',
  requestBody: JSON.stringify(requestBody),
  transactionHash: null,
  nextAttemptAt: AT,
  payoutId: null,
};
const attempted = { attempts: 1, answered: 0, limitDayId: 'limit:1', accountLimitDayId: 'limit:2' };
export const preparedTransfer = (over: Partial<OrderTransfer<'prepared'>> = {}): OrderTransfer<'prepared'> => ({
  ...transferCore,
  status: 'prepared',
  custodyId: null,
  ...over,
});
export const submittingTransfer = (over: Partial<OrderTransfer<'submitting'>> = {}): OrderTransfer<'submitting'> => ({
  ...transferCore,
  ...attempted,
  status: 'submitting',
  custodyId: null,
  ...over,
});
export const submittedTransfer = (over: Partial<OrderTransfer<'submitted'>> = {}): OrderTransfer<'submitted'> => ({
  ...transferCore,
  ...attempted,
  status: 'submitted',
  custodyId: 'xfr-1',
  ...over,
});
export const transferAwaitingApproval = (
  over: Partial<OrderTransfer<'awaiting_approval'>> = {},
): OrderTransfer<'awaiting_approval'> => ({
  ...submittedTransfer(),
  status: 'awaiting_approval',
  approvalId: 'ap-2',
  ...over,
});
export const broadcastTransfer = (over: Partial<OrderTransfer<'broadcast'>> = {}): OrderTransfer<'broadcast'> => ({
  ...submittedTransfer(),
  status: 'broadcast',
  transactionHash: '0xhash',
  ...over,
});
export const transferInReview = (over: Partial<OrderTransfer<'needs_review'>> = {}): OrderTransfer<'needs_review'> => ({
  ...submittingTransfer(),
  status: 'needs_review',
  reason: 'nobody knows',
  ...over,
});

/** Our transfer as custody returns it. */
export const custodyTransfer = (over: Partial<CustodyTransfer> = {}): CustodyTransfer => ({
  id: 'xfr-1',
  walletId: 'wa-1',
  status: 'submitted',
  body: requestBody,
  externalId: 'f1-abc',
  ...over,
});

export const limitDay = (over: Partial<LimitDay> = {}): LimitDay => ({
  ...freshLimitDay({ accountId: idOf('acc'), holder: idOf('mnd'), asset: USDC, day: '2031-03-03' }),
  ...over,
});

export const activeHalt = (over: Partial<Halt<'active'>> = {}): Halt<'active'> => ({
  ...record('hlt'),
  status: 'active',
  level: 'account',
  accountId: idOf('acc'),
  mandateId: null,
  kind: 'desk',
  reason: 'a question to the client',
  madeBy: 'https://issuer.test|operator-1',
  makerRank: 2,
  ...over,
});

export const movement = (over: Partial<Movement> = {}): Movement => ({
  id: idOf('mov'),
  version: 1,
  accountId: idOf('acc'),
  walletId: idOf('wal'),
  direction: 'in',
  asset: USDC,
  units: 1_000_000n,
  feeAsset: NATIVE,
  feeUnits: 0n,
  from: ADDRESS,
  to: WALLET_ADDRESS,
  transactionHash: '0xhash',
  position: '0',
  at: AT,
  doubt: null,
  ...over,
});

export const openIncident = (over: Partial<Incident<'open'>> = {}): Incident<'open'> => ({
  ...record('inc'),
  status: 'open',
  kind: 'fence_broken',
  about: idOf('acc'),
  accountId: idOf('acc'),
  detail: 'The approved list differs.',
  ...over,
});

export const fence = (over: Partial<Fence> = {}): Fence => ({
  accountId: idOf('acc'),
  version: 1,
  result: 'intact',
  findings: [],
  checkedAt: AT,
  found: null,
  ...over,
});

export const TAG = `client:${idOf('cli')}`;

export const custodyWallet = (over: Partial<CustodyWallet> = {}): CustodyWallet => ({
  id: 'wa-1',
  network: 'EthereumSepolia',
  address: WALLET_ADDRESS,
  keyId: 'key-1',
  tags: [TAG, 'limits:standard'],
  isActive: true,
  ...over,
});

export const listPolicy = (over: Partial<CustodyPolicy> = {}): CustodyPolicy => ({
  id: 'plc-1',
  name: 'approved list',
  isActive: true,
  activity: 'Wallets:Sign',
  rule: { kind: 'approved_list', addresses: [ADDRESS] },
  action: { kind: 'block' },
  walletTagsAll: [TAG],
  hasOtherFilters: false,
  pendingChange: undefined,
  ...over,
});

export const limitsPolicy = (over: Partial<CustodyPolicy> = {}): CustodyPolicy => ({
  ...listPolicy(),
  id: 'plc-2',
  name: 'limits',
  rule: { kind: 'count', limit: 100, timeframeMinutes: 1440 },
  walletTagsAll: ['limits:standard'],
  ...over,
});

export const amountPolicy = (over: Partial<CustodyPolicy> = {}): CustodyPolicy =>
  limitsPolicy({ id: 'plc-3', rule: { kind: 'amount', limit: 250_000 }, ...over });
export const velocityPolicy = (over: Partial<CustodyPolicy> = {}): CustodyPolicy =>
  limitsPolicy({ id: 'plc-4', rule: { kind: 'velocity', limit: 1_000_000, timeframeMinutes: 1440 }, ...over });

/** Rights were proven an hour ago, and nothing was found. */
export const soundProof = (over: Partial<ProofStanding> = {}): ProofStanding => ({
  at: AT,
  soundAt: '2031-03-03T08:00:00.000Z',
  unsound: null,
  ...over,
});

export const officers = {
  name: 'officers',
  quorum: 1,
  approvers: ['us-1', 'us-2'],
  initiatorCanApprove: false,
  serviceAccountsCanApprove: false,
};

export const guardPolicy = (activity: string, over: Partial<CustodyPolicy> = {}): CustodyPolicy => ({
  ...listPolicy(),
  id: `guard ${activity}`,
  name: `guard ${activity}`,
  activity,
  rule: { kind: 'always' },
  action: { kind: 'approval', groups: [officers], autoRejectMinutes: 1440 },
  walletTagsAll: [],
  ...over,
});

export const guards = (): CustodyPolicy[] => guardActivities.map((activity) => guardPolicy(activity));

export const wantedFence = (over: Partial<WantedFence> = {}): WantedFence => ({
  tag: TAG,
  limitsTemplate: 'standard',
  limitsAccepted: ['standard'],
  policyId: 'plc-1',
  custodyWalletIds: ['wa-1'],
  lists: [[ADDRESS]],
  ourChangeRequestId: undefined,
  listUnderWay: undefined,
  ...over,
});

/** A fence that stands as wanted, with single policies or the wallet replaced. */
export const foundFence = (
  over: {
    wallet?: CustodyWallet | undefined;
    list?: CustodyPolicy;
    /** The one that counts transfers. */
    limits?: CustodyPolicy;
    amount?: CustodyPolicy;
    velocity?: CustodyPolicy;
    proof?: ProofStanding;
    strays?: CustodyWallet[];
    guards?: CustodyPolicy[];
  } = {},
): FoundFence => ({
  wallets: ['wallet' in over ? over.wallet : custodyWallet()],
  policies: [
    over.list ?? listPolicy(),
    over.amount ?? amountPolicy(),
    over.velocity ?? velocityPolicy(),
    over.limits ?? limitsPolicy(),
    ...(over.guards ?? guards()),
  ],
  strays: over.strays ?? [],
  proof: over.proof ?? soundProof(),
});
