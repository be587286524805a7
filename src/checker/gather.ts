// Gathers the facts of an approval: from custody by the checker's own key, from the product through the binding, from its own
// database. It judges nothing.
import type { ReviewedApproval } from '../dfns/review-custody.ts';
import type { Stop, TransferFacts } from '../domain/checker-facts.ts';
import type { CustodyPolicy, CustodyWallet } from '../domain/custody.ts';
import { utcDay } from '../domain/time.ts';
import { faultFields } from '../kit/log.ts';
import type { Checker } from './checker.ts';
import type { KnownFacts, PaymentFacts, PolicyFacts, ReviewFacts, SumFacts } from './facts.ts';
import { fitness } from './fitness.ts';
import { paymentsOf } from './rules.ts';
import { findStanding, findSums, listSanctioned, type Sum } from './store.ts';
import { sumIdsOf } from './sums.ts';

const POLICIES_MAX = 50;

/** Custody was asked for more policies than one review may read. */
export class TooManyPolicies extends Error {
  override readonly name = 'TooManyPolicies';
}

export interface Gathered {
  readonly facts: ReviewFacts;
  /** The sums as they were read, with their versions: the intent is refused if one moved since. */
  readonly sums: readonly Sum[];
}

export async function gather(checker: Checker, approval: ReviewedApproval): Promise<Gathered> {
  const { config, custody, database } = checker;
  const { request } = approval;
  const [wallet, unfit, said] = await Promise.all([
    request === undefined ? undefined : custody.findWallet(request.walletId),
    fitness(checker),
    askProduct(checker, request),
  ]);
  const policies = await readPolicies(checker, approval, wallet);
  const seen: ReviewFacts = {
    approval: {
      id: approval.id,
      status: approval.status,
      activity: approval.activity,
      initiatorId: approval.initiatorId,
    },
    voter: { userId: custody.userId, unfit },
    request: request === undefined ? null : { ...request, externalId: request.externalId ?? null },
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

async function readPolicies(
  { custody }: Checker,
  { evaluatedPolicyIds, policyIds }: ReviewedApproval,
  wallet: CustodyWallet | undefined,
): Promise<readonly PolicyFacts[]> {
  if (evaluatedPolicyIds.length > POLICIES_MAX) throw new TooManyPolicies(`${evaluatedPolicyIds.length} policies`);
  const evaluated = (await Promise.all(evaluatedPolicyIds.map((id) => custody.findPolicy(id)))).flatMap(
    (policy) => policy ?? [],
  );
  const hasList = evaluated.some(({ rule }) => rule.kind === 'approved_list');
  // An approval may name only what triggered: then the lists of the wallet are looked for among all.
  const others = hasList || wallet === undefined ? [] : (await custody.listPolicies()).filter(coversOf(wallet));
  return [...evaluated, ...others]
    .filter(({ isActive }) => isActive)
    .map((policy) => toFacts(policy, policyIds.includes(policy.id)));
}

const coversOf =
  ({ tags }: CustodyWallet) =>
  ({ rule, activity, walletTagsAll, hasOtherFilters }: CustodyPolicy): boolean =>
    rule.kind === 'approved_list' &&
    activity === 'Wallets:Sign' &&
    !hasOtherFilters &&
    walletTagsAll.every((tag) => tags.includes(tag));

const toFacts = ({ id, name, rule, walletTagsAll, action }: CustodyPolicy, isTriggered: boolean): PolicyFacts => ({
  id,
  name,
  rule: rule.kind,
  isTriggered,
  walletTags: walletTagsAll,
  addresses: rule.kind === 'approved_list' ? rule.addresses.map(asKept) : null,
  groups:
    action.kind === 'approval'
      ? action.groups.map((group) => ({
          name: group.name ?? null,
          approvers: group.approvers ?? null,
          allowsServiceAccounts: group.serviceAccountsCanApprove,
        }))
      : [],
});

/** EVM addresses are compared in lower case. */
const asKept = (address: string): string => (/^0x/i.test(address) ? address.toLowerCase() : address);

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
  const inForce = await findStanding(database, 'sanctions');
  if (inForce === undefined) return { edition: null, screened: [], hits: [] };
  const screened = [...new Set(payments.map(({ address }) => address))];
  return { edition: inForce.value, screened, hits: await listSanctioned(database, inForce.value, screened) };
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
