// Gathers the facts of an approval: from custody by the checker's own key, from the product through the binding, from its own
// database. It judges nothing.
import type { ReviewCustody, ReviewedApproval } from '../dfns/review-custody.ts';
import type { Stop, TransferFacts } from '../domain/checker-facts.ts';
import type { CustodyPolicy, CustodyWallet } from '../domain/custody.ts';
import { utcDay } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import type { KnownFacts, PaymentFacts, PolicyFacts, RequestFacts, ReviewFacts, SumFacts } from './facts.ts';
import { fitness } from './fitness.ts';
import { listFacts, namedIn } from './listed.ts';
import { paymentsOf } from './rules.ts';
import { findScreening, findSums, type Sum } from './store.ts';
import { sumIdsOf } from './sums.ts';

const POLICIES_MAX = 50;
/** Of a body as JSON: more than the longest call data that is read, and less than a row of D1 may hold. */
const BODY_CHARACTERS_MAX = 300_000;

/** Custody was asked for more policies than one review may read. */
export class TooManyPolicies extends Error {
  override readonly name = 'TooManyPolicies';
}

export interface Gathered {
  readonly facts: ReviewFacts;
  /** The sums as they were read, with their versions: the intent is refused if one moved since. */
  readonly sums: readonly Sum[];
}

/** What is read of custody for each approval; whether the account is fit is read apart, and of custody itself. */
export type Reads = Pick<ReviewCustody, 'findWallet' | 'findPolicy' | 'listPolicies'>;

export async function gather(
  checker: Checker,
  approval: ReviewedApproval,
  reads: Reads = checker.custody,
): Promise<Gathered> {
  const { config, custody, database } = checker;
  const { request } = approval;
  const [wallet, unfit, said] = await Promise.all([
    request === undefined ? undefined : reads.findWallet(request.walletId),
    fitness(checker),
    askProduct(checker, request),
  ]);
  const asked = request === undefined ? null : requestFacts(request);
  const policies = await readPolicies(reads, approval, wallet, asked);
  const seen: ReviewFacts = {
    approval: {
      id: approval.id,
      status: approval.status,
      activity: approval.activity,
      initiatorId: approval.initiatorId,
    },
    voter: { userId: custody.userId, unfit },
    request: asked,
    wallet:
      wallet === undefined
        ? null
        : { id: wallet.id, network: wallet.network, address: wallet.address ?? null, tags: wallet.tags },
    policies,
    ...said,
    sanctions: { edition: null, screened: [], hits: [] },
    sums: [],
  };
  const payments = paymentsOf(seen, config.terms) ?? [];
  const [sanctions, sums] = await Promise.all([
    screen(database, payments),
    readSums(checker, payments, request?.walletId ?? ''),
  ]);
  return { facts: { ...seen, sanctions, sums: sums.facts }, sums: sums.read };
}

/** A body that is too long to be kept is none that is read: the rule `readable` leaves it to people. */
export function requestFacts(request: NonNullable<ReviewedApproval['request']>): RequestFacts {
  const characters = JSON.stringify(request.body ?? null).length;
  const body = characters > BODY_CHARACTERS_MAX ? { tooLong: characters } : request.body;
  return { ...request, externalId: request.externalId ?? null, body };
}

async function readPolicies(
  reads: Reads,
  { evaluatedPolicyIds, policyIds }: ReviewedApproval,
  wallet: CustodyWallet | undefined,
  request: RequestFacts | null,
): Promise<readonly PolicyFacts[]> {
  if (evaluatedPolicyIds.length > POLICIES_MAX) throw new TooManyPolicies(`${evaluatedPolicyIds.length} policies`);
  const evaluated = (await Promise.all(evaluatedPolicyIds.map((id) => reads.findPolicy(id)))).flatMap(
    (policy) => policy ?? [],
  );
  const hasList = evaluated.some(({ rule }) => rule.kind === 'approved_list');
  // An approval may name only what triggered: then the lists of the wallet are looked for among all.
  const others = hasList || wallet === undefined ? [] : (await reads.listPolicies()).filter(coversOf(wallet));
  const inForce = [...evaluated, ...others].filter(({ isActive }) => isActive);
  const named = namedIn(
    request?.body,
    inForce.flatMap((policy) => addressesOf(policy) ?? []),
  );
  return Promise.all(inForce.map((policy) => toFacts(policy, policyIds.includes(policy.id), named)));
}

/** EVM addresses are compared in lower case. */
const addressesOf = ({ rule }: CustodyPolicy): readonly string[] | null =>
  rule.kind === 'approved_list'
    ? rule.addresses.map((address) => (/^0x/i.test(address) ? address.toLowerCase() : address))
    : null;

const coversOf =
  ({ tags }: CustodyWallet) =>
  ({ rule, activity, walletTagsAll, hasOtherFilters }: CustodyPolicy): boolean =>
    rule.kind === 'approved_list' &&
    activity === 'Wallets:Sign' &&
    !hasOtherFilters &&
    walletTagsAll.every((tag) => tags.includes(tag));

async function toFacts(policy: CustodyPolicy, isTriggered: boolean, named: ReadonlySet<string>): Promise<PolicyFacts> {
  const { id, name, rule, walletTagsAll, action } = policy;
  const addresses = addressesOf(policy);
  return {
    id,
    name,
    rule: rule.kind,
    isTriggered,
    walletTags: walletTagsAll,
    addresses: addresses?.filter((address) => named.has(address)) ?? null,
    list: addresses === null ? null : await listFacts(addresses),
    groups:
      action.kind === 'approval'
        ? action.groups.map((group) => ({
            name: group.name ?? null,
            approvers: group.approvers ?? null,
            allowsServiceAccounts: group.serviceAccountsCanApprove,
          }))
        : [],
  };
}

type Said = Pick<ReviewFacts, 'known' | 'stops'>;

/** A product that cannot be asked says no: its silence is never taken for a yes. */
async function askProduct({ product, log }: Checker, request: ReviewedApproval['request']): Promise<Said> {
  if (request === undefined) return { known: null, stops: [] };
  const { externalId = null, id: custodyId, walletId } = request;
  try {
    const [known, stops] = await Promise.all([
      product.findTransferFacts({ externalId, custodyId }),
      product.stops(walletId),
    ]);
    return { known: known === null ? null : plain(known), stops: stops.map(plainStop) };
  } catch (fault) {
    // Abstaining is what follows; people decide, and the log says why.
    log.error('checker.product_unreachable', faultFields(fault));
    return { known: null, stops: [{ code: 'product_unreachable', says: 'The product could not be asked.' }] };
  }
}

const plainStop = ({ code, says }: Stop): Stop => ({ code, says });
/** Only what is named here is kept: the answer came from another Worker. */
const plain = (known: TransferFacts): KnownFacts => ({
  origin: { kind: known.origin.kind, id: known.origin.id },
  externalId: known.externalId,
  custodyWalletId: known.custodyWalletId,
  custodyId: known.custodyId,
  status: known.status,
  payments: known.payments.map(({ asset, units, address, isApproved }) => ({
    asset,
    units: units.toString(),
    address,
    isApproved,
  })),
  stops: known.stops.map(plainStop),
});

async function screen(
  database: Checker['database'],
  payments: readonly PaymentFacts[],
): Promise<ReviewFacts['sanctions']> {
  const screened = [...new Set(payments.map(({ address }) => address))];
  const screening = await findScreening(database, screened);
  return screening === undefined ? { edition: null, screened: [], hits: [] } : { ...screening, screened };
}

async function readSums(
  { database, clock }: Checker,
  payments: readonly PaymentFacts[],
  walletId: string,
): Promise<{ facts: readonly SumFacts[]; read: readonly Sum[] }> {
  const day = utcDay(clock.now());
  const assets = [...new Set(payments.map(({ asset }) => asset))];
  const ids = assets.map((asset) => ({ asset, ...sumIdsOf({ asset, walletId, day }) }));
  const read = await findSums(
    database,
    ids.flatMap(({ ofWallet, ofAll }) => [ofWallet, ofAll]),
  );
  const textOf = (id: string) => (read.find((sum) => sum.id === id)?.units ?? 0n).toString();
  return {
    facts: ids.map(({ asset, ofWallet, ofAll }) => ({ asset, ofWallet: textOf(ofWallet), ofAll: textOf(ofAll) })),
    read,
  };
}
