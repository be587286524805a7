// One payment of a batch: a row as it was written, what is wrong with it, and what became of it.
import { acceptAsDestination, parseAddress } from './address.ts';
import { type Asset, assets, findAsset } from './asset.ts';
import type { BatchId, PayoutId, TransferId } from './id.ts';
import { amend, type InStatus, machine, transitions } from './machine.ts';
import { type Network, networks } from './network.ts';
import type { Timestamp } from './time.ts';

export const payoutMachine = machine({
  invalid: ['ready', 'canceled'],
  ready: ['executing', 'invalid', 'canceled'],
  executing: ['paid', 'failed', 'rejected'],
  paid: [],
  failed: [],
  rejected: [],
  canceled: [],
});

export const rowColumns = ['network', 'asset', 'address', 'amount', 'reference'] as const;
export type RowColumn = (typeof rowColumns)[number];

/** What is wrong with a row, and where. */
export interface RowProblem {
  readonly column: RowColumn | 'row';
  readonly reason: string;
}

/** What of a sound row is worth a look; of each kind it has one at most. */
export const flagKinds = ['same_in_batch', 'same_of_late', 'looks_like_payee', 'unknown_recipient'] as const;
export type FlagKind = (typeof flagKinds)[number];

/** A row as it was written. */
export interface RowText {
  readonly network: string;
  /** A symbol, such as USDC, or the id of an asset. */
  readonly asset: string;
  readonly address: string;
  /** Decimal, in whole units of the asset. */
  readonly amount: string;
  readonly reference: string | null;
}

interface PayoutCore extends RowText {
  readonly id: PayoutId;
  readonly version: number;
  readonly batchId: BatchId;
  /** Where it stands in the file, as people count lines. */
  readonly line: number;
  /** Null while the amount cannot be read. */
  readonly units: bigint | null;
  readonly origin: string;
  readonly externalId: string;
  readonly transferId: TransferId | null;
  readonly createdAt: Timestamp;
}
interface PayoutFacts {
  invalid: { readonly problems: readonly RowProblem[] };
  ready: object;
  executing: { readonly transferId: TransferId };
  paid: { readonly transferId: TransferId; readonly transactionHash: string; readonly paidAt: Timestamp };
  failed: { readonly transferId: TransferId; readonly reason: string };
  rejected: { readonly transferId: TransferId; readonly reason: string };
  canceled: { readonly reason: string };
}

export type PayoutStatus = keyof typeof payoutMachine;
// The names of a machine's table are its statuses, which Object.keys does not tell.
export const payoutStatuses = Object.keys(payoutMachine) as [PayoutStatus, ...PayoutStatus[]];
export type Payout<S extends PayoutStatus = PayoutStatus> = InStatus<PayoutCore, PayoutFacts, S>;

/** Rows by status; none is not named. */
export type Counts = Readonly<Partial<Record<PayoutStatus, number>>>;

/** With these rows, and without what they were before. */
export function recount(counts: Counts, rows: readonly Payout[], before: readonly Payout[] = []): Counts {
  const sum = (status: PayoutStatus) => (counts[status] ?? 0) + countIn(rows, status) - countIn(before, status);
  return Object.fromEntries(payoutStatuses.flatMap((status) => (sum(status) > 0 ? [[status, sum(status)]] : [])));
}
const countIn = (rows: readonly Payout[], status: PayoutStatus): number =>
  rows.filter((row) => row.status === status).length;

const become = transitions<typeof payoutMachine, PayoutCore, PayoutFacts>();

export const originOfRow = (batch: { readonly fileHash: string; readonly upload: number }, line: number): string =>
  `${batch.fileHash}|${batch.upload}|${line}`;

/** A person's retry of the same row has a name of its own at custody. */
export function originOfRetry(origin: string): string {
  const [, base = origin, made = '0'] = /^(.*?)(?:\|retry (\d+))?$/.exec(origin) ?? [];
  return `${base}|retry ${Number(made) + 1}`;
}

/** More than any row needs; longer text is named, and its beginning kept. */
const charactersMax: Readonly<Record<RowColumn, number>> = {
  network: 40,
  asset: 100,
  address: 128,
  amount: 100,
  reference: 140,
};

/** What is read of a row; what cannot be read is a problem. */
export interface RowRead {
  readonly text: RowText;
  readonly units: bigint | null;
  readonly problems: readonly RowProblem[];
}

export function readRow(written: RowText, structural: readonly RowProblem[] = []): RowRead {
  const tidy = tidied(written);
  const network = networks.find((one) => one === tidy.text.network);
  const asset = network === undefined ? undefined : assetOf(network, tidy.text.asset);
  const address = network === undefined ? undefined : addressOn(network, tidy.text.address);
  const units = asset === undefined ? undefined : readDecimal(tidy.text.amount, asset.decimals);
  const problems: RowProblem[] = [
    ...structural,
    ...tidy.problems,
    ...problemIf(network === undefined, 'network', 'Not a network that is paid on.'),
    ...problemIf(network !== undefined && asset === undefined, 'asset', 'Not an asset of this network.'),
    ...problemIf(address?.isGood === false, 'address', address?.text ?? ''),
    ...problemIf(typeof units === 'string', 'amount', String(units)),
  ];
  return {
    text: {
      ...tidy.text,
      asset: asset?.id ?? tidy.text.asset,
      address: address?.isGood ? address.text : tidy.text.address,
    },
    units: typeof units === 'bigint' ? units : null,
    problems,
  };
}

const problemIf = (isSo: boolean, column: RowProblem['column'], reason: string): RowProblem[] =>
  isSo ? [{ column, reason }] : [];

const assetOf = (network: Network, text: string): Asset | undefined => {
  const byId = findAsset(text);
  return byId?.network === network
    ? byId
    : assets.find((one) => one.network === network && one.symbol.toLowerCase() === text.toLowerCase());
};

function addressOn(network: Network, text: string): { isGood: boolean; text: string } {
  const parsed = parseAddress(network, text);
  const good = parsed.ok ? acceptAsDestination(network, parsed.value, []) : parsed;
  if (good.ok) return { isGood: true, text: good.value };
  const { refusal } = good;
  return { isGood: false, text: 'reason' in refusal ? String(refusal.reason) : 'Not an address.' };
}

/** Text that people can read: anything else is a problem and is kept as a mark, so that nothing hides in a row. */
function tidied(written: RowText): { text: RowText; problems: RowProblem[] } {
  const problems: RowProblem[] = [];
  const clean = (column: RowColumn, value: string): string => {
    const trimmed = value.trim();
    const visible = trimmed.toWellFormed().replace(/\p{C}|\ufffd/gu, '\ufffd');
    if (visible.includes('\ufffd')) problems.push({ column, reason: 'Has characters that cannot be seen or read.' });
    if (visible.length <= charactersMax[column]) return visible;
    problems.push({ column, reason: `Has more than ${charactersMax[column]} characters.` });
    return cut(visible, charactersMax[column]);
  };
  const text: RowText = {
    network: clean('network', written.network),
    asset: clean('asset', written.asset),
    address: clean('address', written.address),
    amount: clean('amount', written.amount),
    reference: written.reference === null ? null : clean('reference', written.reference) || null,
  };
  return { text, problems };
}

/** Still too long with its mark, so that all that is wrong is named whenever it is read, and it is never what it begins with. */
function cut(text: string, characters: number): string {
  const mark = text.includes('\ufffd') ? '\ufffd' : '…';
  return text.slice(0, characters).replace(/[\ud800-\udbff]$/, mark) + mark;
}

/** 78 digits are all that a network can hold. */
const DIGITS_MAX = 78;

/** Decimal text to base units, exactly; or why not, in words. */
export function readDecimal(text: string, decimals: number): bigint | string {
  const parts = /^(0|[1-9]\d*)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return 'Not an amount: digits, and a point before the fraction.';
  const [, whole = '0', fraction = ''] = parts;
  if (fraction.length > decimals) return `Has ${fraction.length} decimals; the asset has ${decimals}.`;
  if (whole.length + decimals > DIGITS_MAX) return 'Is larger than any amount there is.';
  const units = BigInt(whole + fraction.padEnd(decimals, '0'));
  return units === 0n ? 'Is zero.' : units;
}

/** The amount of a row that was given in base units. */
export function writeDecimal(units: bigint, decimals: number): string {
  const digits = units.toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return digits.slice(0, digits.length - decimals) + (fraction === '' ? '' : `.${fraction}`);
}

/** The row as it was read, with what is wrong with it: what is ready is exactly what was judged. */
export function asRead(
  row: Payout<'ready' | 'invalid'>,
  { text, units }: RowRead,
  problems: readonly RowProblem[],
): Payout<'ready' | 'invalid'> {
  const written = { ...text, units };
  const isSound = problems.length === 0;
  if (row.status === 'ready') return isSound ? amend(row, written) : { ...invalidate(row, problems), ...written };
  return isSound ? { ...makeReady(row), ...written } : amend(row, { ...written, problems });
}

export const textOf = ({ network, asset, address, amount, reference }: RowText): RowText => ({
  ...{ network, asset, address, amount, reference },
});

const invalidate = (payout: Payout<'ready'>, problems: readonly RowProblem[]): Payout<'invalid'> =>
  become(payout, 'invalid', { problems });

function makeReady(payout: Payout<'invalid'>): Payout<'ready'> {
  // A transition keeps facts; these are over.
  const { problems: _, ...sound } = payout;
  return become(sound, 'ready', {});
}

/** Handed over in the same commit. */
export const executePayout = (payout: Payout<'ready'>, transferId: TransferId): Payout<'executing'> =>
  become(payout, 'executing', { transferId });

export const payPayout = (payout: Payout<'executing'>, transactionHash: string, at: Timestamp): Payout<'paid'> =>
  become(payout, 'paid', { transactionHash, paidAt: at });

export const failPayout = (payout: Payout<'executing'>, reason: string): Payout<'failed'> =>
  become(payout, 'failed', { reason });

export const rejectPayout = (payout: Payout<'executing'>, reason: string): Payout<'rejected'> =>
  become(payout, 'rejected', { reason });

export const cancelPayout = (payout: Payout<'ready' | 'invalid'>, reason: string): Payout<'canceled'> =>
  become(payout, 'canceled', { reason });
