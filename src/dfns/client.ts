// Custody on the Dfns SDK. It takes a credential and holds none; callers see our words only.
import { createPrivateKey } from 'node:crypto';
import { DfnsApiClient, DfnsError, PolicyPendingError } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import type {
  ChangeAnswer,
  CreateAnswer,
  CustodyTransfer,
  CustodyWallet,
  TagAnswer,
  TransferAnswer,
} from '../domain/custody.ts';
import { isSameList } from '../domain/policy-change.ts';
import { addSeconds, isNewestFirst, type Timestamp } from '../domain/time.ts';
import { type Hindrance, heldBackSeconds, hindranceOf, read } from './answers.ts';
import { toApproval, toApprovalInFull, toDecidedChange } from './approval-mapping.ts';
import { askForSignedActions, toSignedAction, toSignedActions } from './audit-log.ts';
import { type Custody, CustodyUnavailable, type Page } from './custody.ts';
import * as to from './mapping.ts';
import { type Haste, MUTATION_CALLS, type Pace, type Share, unpaced } from './pace.ts';
import { toChangeRequest, toPolicy } from './policy-mapping.ts';
import { follow } from './replacements.ts';

export interface DfnsCredential {
  readonly apiUrl: string;
  readonly orgId: string;
  readonly authToken: string;
  readonly credentialId: string;
  readonly privateKey: string;
}

const PAGE_ITEMS = 100;
const PAGES_MAX = 500;

/** Shared with the client of the checker, which is given other credentials and other methods. */
export function openClient({ apiUrl, orgId, authToken, credentialId, privateKey }: DfnsCredential): DfnsApiClient {
  // The Workers runtime signs Ed25519 only without, and every other key only with, a named digest.
  const isEd25519 = createPrivateKey(privateKey).asymmetricKeyType === 'ed25519';
  const signer = new AsymmetricKeySigner({
    credId: credentialId,
    privateKey,
    ...(isEd25519 ? {} : { algorithm: 'sha256' }),
  });
  return new DfnsApiClient({ baseUrl: apiUrl, orgId, authToken, signer });
}

type PageOf<T> = (token: string | undefined) => Promise<Page<T>>;

async function* pagesOf<T>(page: PageOf<T>): AsyncGenerator<readonly T[]> {
  let token: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { items, next } = await page(token);
    yield items;
    if (next === undefined) return;
    token = next;
  }
  throw new CustodyUnavailable(`more than ${PAGES_MAX} pages`);
}

export async function all<T>(page: PageOf<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const items of pagesOf(page)) found.push(...items);
  return found;
}

/** Ours and custody's clocks differ by less. */
const CLOCKS_SECONDS = 86_400;

/** The order is not promised, so only a list that is seen to go back in time ends before its last page. */
async function findSince(
  page: PageOf<CustodyTransfer>,
  since: Timestamp,
  isWanted: (transfer: CustodyTransfer) => boolean,
): Promise<CustodyTransfer | undefined> {
  const horizon = addSeconds(since, -CLOCKS_SECONDS);
  for await (const items of pagesOf(page)) {
    const found = items.find(isWanted);
    if (found !== undefined) return found;
    const times = items.map(({ requestedAt }) => requestedAt ?? '');
    if (isNewestFirst(times) && times.every((at) => at !== '' && at < horizon)) return undefined;
  }
  return undefined;
}

/** Every call keeps to the pace, and tells it when custody wants fewer. */
export function keepTo(pace: Pace) {
  async function inTurn<T>(share: Share, calls: number, haste: Haste, call: () => Promise<T>): Promise<T> {
    await pace.take(share, calls, haste);
    try {
      return await call();
    } catch (fault) {
      const seconds = heldBackSeconds(fault);
      if (seconds !== undefined) await pace.holdBack(seconds);
      throw fault;
    }
  }

  const look = <T>(
    call: () => Promise<unknown>,
    map: (answer: unknown) => T,
    haste: Haste = 'now',
  ): Promise<T | undefined> => read(() => inTurn('reads', 1, haste, call), map);

  /** A list that custody may not hide from us: a 404 here is no empty list. */
  async function demand<T>(call: () => Promise<unknown>, map: (answer: unknown) => T, haste?: Haste): Promise<T> {
    const answer = await look(call, map, haste);
    if (answer === undefined) throw new CustodyUnavailable('status 404');
    return answer;
  }

  const mutate = <T>(share: Exclude<Share, 'reads'>, call: () => Promise<T>): Promise<T> =>
    inTurn(share, MUTATION_CALLS, 'now', call);

  async function attempt<T>(call: () => Promise<T>): Promise<T | Hindrance> {
    try {
      return await mutate('changes', call);
    } catch (fault) {
      return hindranceOf(fault);
    }
  }

  return { look, demand, mutate, attempt };
}

/** Half of a list is none: what it lacks would read as zero. */
function gone(): never {
  throw new CustodyUnavailable('a list that ended in a 404');
}

const paged = (token: string | undefined) => ({
  limit: PAGE_ITEMS,
  ...(token === undefined ? {} : { paginationToken: token }),
});
export const pagedAsText = (token: string | undefined) => ({
  limit: String(PAGE_ITEMS),
  ...(token === undefined ? {} : { paginationToken: token }),
});

const approvedList = (list: { name: string; tag: string; addresses: readonly string[] }) => ({
  name: list.name,
  activityKind: 'Wallets:Sign' as const,
  rule: { kind: 'TransactionRecipientWhitelist' as const, configuration: { addresses: [...list.addresses] } },
  action: { kind: 'Block' as const },
  filters: { walletTags: { hasAll: [list.tag] } },
});

export function openCustody(credential: DfnsCredential, pace: Pace = unpaced): Custody {
  const { look, demand, mutate, attempt } = keepTo(pace);
  let opened: DfnsApiClient | undefined;
  const dfns = () => (opened ??= openClient(credential));

  const pageOfPolicies = (after: string | undefined) =>
    demand(
      () => dfns().policies.listPolicies({ query: { ...pagedAsText(after), status: 'Active' } }),
      (answer) => to.toPage(answer, toPolicy),
    );
  const pageOfWallets = (after: string | undefined) =>
    demand(
      () => dfns().wallets.listWallets({ query: paged(after) }),
      (answer) => to.toPage(answer, to.toWallet),
    );

  const pageOfTransfers = (walletId: string, after: string | undefined, haste?: Haste) =>
    demand(
      () => dfns().wallets.listTransfers({ walletId, query: paged(after) }),
      (answer) => to.toPage(answer, to.toTransfer),
      haste,
    );

  const followed = (transfer: CustodyTransfer) =>
    follow(transfer, async (id) => {
      const { walletId } = transfer;
      const link = await look(() => dfns().wallets.getTransaction({ walletId, transactionId: id }), to.toLink);
      return link ?? look(() => dfns().wallets.getTransfer({ walletId, transferId: id }), to.toLink);
    });

  return {
    listPolicies: () => all(pageOfPolicies),
    pageOfPolicies,
    pageOfWallets,

    findPolicy: (policyId) => look(() => dfns().policies.getPolicy({ policyId }), toPolicy),

    createApprovedList: (list) =>
      attempt(
        async (): Promise<CreateAnswer<ReturnType<typeof toPolicy>>> => ({
          kind: 'created',
          created: toPolicy(await dfns().policies.createPolicy({ body: approvedList({ ...list, addresses: [] }) })),
        }),
      ),

    async replaceApprovedList({ policyId, ...list }): Promise<ChangeAnswer> {
      try {
        await mutate('changes', () => dfns().policies.updatePolicy({ policyId, body: approvedList(list) }));
        return { kind: 'applied' };
      } catch (fault) {
        if (!(fault instanceof PolicyPendingError)) return hindranceOf(fault);
        try {
          const { id, approvalId } = toChangeRequest(fault.context);
          return { kind: 'pending', changeRequestId: id, approvalId };
        } catch {
          // Accepted in words we cannot read: the change is found by reading the policy.
          return { kind: 'unknown', reason: 'an unreadable change request' };
        }
      }
    },

    findApproval: (approvalId) => look(() => dfns().policies.getApproval({ approvalId }), toApproval),

    findApprovalInFull: (approvalId) => look(() => dfns().policies.getApproval({ approvalId }), toApprovalInFull),

    listPendingApprovals: (after) =>
      demand(
        () => dfns().policies.listApprovals({ query: { ...pagedAsText(after), status: 'Pending' } }),
        (answer) => to.toPage(answer, toApprovalInFull),
      ),

    listPoliciesPage: (after) =>
      demand(
        () => dfns().policies.listPolicies({ query: { ...pagedAsText(after), status: 'Active' } }),
        (answer) => to.toPage(answer, toPolicy),
      ),

    async listApprovedChanges(policyId, addresses) {
      const decided = await all((token) =>
        demand(
          () => dfns().policies.listApprovals({ query: { ...pagedAsText(token), status: 'Approved' } }),
          (answer) => to.toPage(answer, toDecidedChange),
        ),
      );
      return decided
        .filter((change) => change !== undefined)
        .filter(
          (change) => change.policyId === policyId && change.addresses && isSameList(change.addresses, addresses),
        );
    },

    findWallet: (walletId) => look(() => dfns().wallets.getWallet({ walletId }), to.toWallet),

    async listWalletsByExternalId(externalId): Promise<CustodyWallet[]> {
      return (await all(pageOfWallets)).filter((wallet) => wallet.externalId === externalId);
    },

    createWallet: ({ network, name, externalId, tags }) =>
      attempt(
        async (): Promise<CreateAnswer<CustodyWallet>> => ({
          kind: 'created',
          created: to.toWallet(
            await dfns().wallets.createWallet({ body: { network, name, externalId, tags: [...tags] } }),
          ),
        }),
      ),

    addTags: (walletId, tags) =>
      attempt(async (): Promise<TagAnswer> => {
        await dfns().wallets.tagWallet({ walletId, body: { tags: [...tags] } });
        return { kind: 'tagged' };
      }),

    listBalances: (walletId) =>
      demand(() => dfns().wallets.getWalletAssets({ walletId, query: { netWorth: 'true' } }), to.toBalances),

    async listMovements(walletId, after) {
      const page = await demand(
        () => dfns().wallets.getWalletHistory({ walletId, query: paged(after) }),
        (answer) => to.toPage(answer, to.toMovement),
      );
      return { items: page.items.filter((item) => item !== undefined), next: page.next };
    },

    async transfer(walletId, body): Promise<TransferAnswer> {
      try {
        const made = await mutate('money', () => dfns().wallets.transferAsset({ walletId, body: asBody(body) }));
        return { kind: 'accepted', transfer: await followed(to.toTransfer(made)) };
      } catch (fault) {
        // An answer we cannot read is unknown: the next attempt with the same bytes finds the transfer.
        if (fault instanceof PolicyPendingError) return { kind: 'taken' };
        if (fault instanceof DfnsError && fault.httpStatus === 409)
          return { kind: 'conflict', duplicateId: to.toDuplicateId(fault.context) };
        return hindranceOf(fault);
      }
    },

    async findTransfer(walletId, transferId) {
      const transfer = await look(() => dfns().wallets.getTransfer({ walletId, transferId }), to.toTransfer);
      return transfer && followed(transfer);
    },

    pageOfTransfers,

    async findTransferByExternalId(walletId, externalId, since) {
      const transfer = await findSince(
        (token) => pageOfTransfers(walletId, token),
        since,
        (one) => one.externalId === externalId,
      );
      return transfer && followed(transfer);
    },

    findFeeSponsor: (feeSponsorId) => look(() => dfns().feeSponsors.getFeeSponsor({ feeSponsorId }), to.toFeeSponsor),
    listSignedActions: (range) => demand(() => askForSignedActions(credential, range), toSignedActions),

    findSignedAction: (id) => look(() => dfns().auth.getAuditLog({ id }), toSignedAction),

    async findVenueBalances(venueAccount, haste) {
      const [exchangeId = '', accountId = ''] = venueAccount.split('/');
      const pageOfBalances = (after: string | undefined) =>
        look(
          () => dfns().exchanges.listAccountAssets({ exchangeId, accountId, query: paged(after) }),
          (answer) => to.toPage(answer, to.toVenueBalance),
          haste,
        );
      const first = await pageOfBalances(undefined);
      return first && all(async (token) => (token === undefined ? first : ((await pageOfBalances(token)) ?? gone())));
    },

    async listWebhookIds(url) {
      const { items } = await demand(
        () => dfns().webhooks.listWebhooks({ query: paged(undefined) }),
        (answer) => to.toPage(answer, to.toWebhook),
      );
      return items.filter((webhook) => webhook.url === url).map(({ id }) => id);
    },

    listEvents: (webhookId, after, isFailedOnly) =>
      demand(
        () =>
          dfns().webhooks.listWebhookEvents({
            webhookId,
            query: { ...paged(after), ...(isFailedOnly ? { deliveryFailed: 'true' } : {}) },
          }),
        (answer) => to.toPage(answer, to.toEvent),
        'idle',
      ),
  };
}

// The stored text was written by this system as a transfer body; the SDK writes the parsed value again to the same bytes.
const asBody = (text: string) => JSON.parse(text) as Parameters<DfnsApiClient['wallets']['transferAsset']>[0]['body'];
