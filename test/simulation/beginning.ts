// The state that every episode begins in, made once by the product itself: an organisation that is set up, and clients with
// money, approved destinations and a mandate, so that an episode's steps go to what may go wrong.
import { EXCHANGES, NATIVE, USDC, USDC_CONTRACT } from './assets.ts';
import type { Start } from './bundle.ts';
import { drain, untilQuiet } from './calm.ts';
import { askChecker, CHECKER } from './checker-world.ts';
import { type Call, request } from './deliver.ts';
import { type Answer, PRODUCT, type Snapshot } from './shapes.ts';
import { World } from './world.ts';

const CLIENTS = ['client-1', 'client-2'];
const MANDATE_DAYS = 60;
/** USDC in each wallet of the pool, in base units: the second soon has too little. */
const POOL = ['400000000', '30000000'];
/** Custody asks an officer about a payout above it. */
const payoutPreset = {
  name: 'simulated',
  rules: [{ kind: 'amount', usd: 8, action: { kind: 'approval', quorum: 1 } }],
} as const;

export async function beginning(start: Start): Promise<Snapshot> {
  const world = new World(start, 1);
  try {
    await setUp(world);
    await setUpChecker(world);
    for (const client of CLIENTS) await openAccount(world, client);
    for (const usdc of POOL) await addHotWallet(world, usdc);
    return world.snapshot();
  } finally {
    world.close();
  }
}

let calls = 0;
/** A request that must succeed, with everything that follows from it. */
export async function must(world: World, call: Omit<Call, 'key'>): Promise<Answer['body']> {
  calls += 1;
  const answers: Answer[] = [];
  await request(world, { ...call, key: `beginning-${calls}` }, (answer) => void answers.push(answer));
  await drain(world);
  const [answer] = answers;
  if (answer === undefined || answer.status >= 300) {
    throw new Error(`${call.path}: ${answer?.status} ${JSON.stringify(answer?.body)} ${world.logged.slice(-3)}`);
  }
  return answer.body;
}

async function setUp(world: World): Promise<void> {
  const { code } = world;
  const who = world.accountOf;
  const wanted = code.wantedOrganization(
    {
      officers: ['compliance-1', 'compliance-2', 'compliance-3'].map((name) => who(name).userId),
      setupId: who('setup').userId,
      makerId: who('maker').userId,
      checkerId: who('checker').userId,
      webhookUrl: `${PRODUCT}/webhooks/dfns`,
    },
    { ...code.organization, payoutPresets: [payoutPreset] },
  );
  const dfns = world.dfnsOf('setup');
  let proof: object | undefined;
  await world.run('set-up', async () => {
    const { webhook, isRefused } = await code.applySetup(dfns, wanted, undefined);
    if (isRefused || webhook?.secret === undefined) throw new Error('not set up');
    world.webhookSecret = webhook.secret;
    const proven = code.proofOf(wanted, await code.readOrganization(dfns), new Date(world.time).toISOString());
    if (proven.ok) proof = proven.proof;
  });
  await drain(world);
  if (proof === undefined) throw new Error('the rights of the organisation are not proven');
  await must(world, { as: 'admin-1', method: 'POST', path: '/v1/permission-proofs', body: proof });
  await must(world, { as: 'admin-1', method: 'POST', path: '/v1/epoch', body: { epoch: world.epoch } });
}

/** Reviewers are the checker and two officers; above this sum one of them is asked about every wallet. */
const REVIEWED_USD = 2;

async function setUpChecker(world: World): Promise<void> {
  await world.control('PUT', '/settings', { serviceAccountVotes: true });
  await world.work('the set-up of the checker', async () => {
    const { secret = '' } = await world.dfnsOf('setup').webhooks.createWebhook({
      body: { url: `${CHECKER}/webhooks/dfns`, events: ['policy.approval.pending', 'policy.approval.resolved'] },
    });
    world.checkerSecret = secret;
    const reviewers = ['checker', 'compliance-1', 'compliance-2'].map((name) => world.accountOf(name).userId);
    const group = {
      name: 'Reviewers',
      quorum: 1,
      approvers: { userId: { in: reviewers } },
      serviceAccountsCanApprove: true,
    };
    await world.dfnsOf('admin-1').policies.createPolicy({
      body: {
        name: 'Review',
        activityKind: 'Wallets:Sign',
        rule: { kind: 'TransactionAmountLimit', configuration: { limit: REVIEWED_USD, currency: 'USD' } },
        action: { kind: 'RequestApproval', autoRejectTimeout: 1440, approvalGroups: [group] },
      },
    });
  });
  await drain(world);
  const headers = { authorization: `Bearer ${await world.tokenOf('admin-1')}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ edition: 'first', addresses: ['0x8589427373d6d84e98730d7795d8f6f8731fda16'] });
  const list = new Request(`${CHECKER}/v1/checker/sanctions`, { method: 'PUT', headers, body });
  let status = 0;
  await askChecker(world, 'sanctions', list, (answer) => {
    status = answer.status;
  });
  await drain(world);
  if (status !== 200) throw new Error(`the checker has no list: ${status} ${world.logged.slice(-3)}`);
}

/** A wallet of the pool, with coin for fees and this much USDC. */
export async function addHotWallet(world: World, usdc: string): Promise<void> {
  let custodyWalletId = '';
  await world.run('the office', async () => {
    const maker = world.dfnsOf('maker');
    const made = await maker.wallets.createWallet({
      body: { network: 'EthereumSepolia', tags: ['payouts:simulated'] },
    });
    custodyWalletId = made.id;
  });
  await drain(world);
  const fund = (body: object) => world.control('POST', `/wallets/${custodyWalletId}/fund`, body);
  await fund({ kind: 'Native', amount: '50000000000000000000' });
  await fund({ kind: 'Erc20', contract: USDC_CONTRACT, amount: usdc });
  await must(world, {
    as: 'admin-1',
    method: 'POST',
    path: '/v1/hot-wallets',
    body: { custodyWalletId, label: 'Pool' },
  });
}

async function wait(world: World, what: string, isOver: () => boolean): Promise<void> {
  if (!(await untilQuiet(world, { isOver, minutesMax: 30 })))
    throw new Error(`${what} did not come: ${world.logged.slice(-3)}`);
}

async function openAccount(world: World, client: string): Promise<void> {
  const post = (path: string, body: object) => must(world, { as: client, method: 'POST', path, body });
  const { id } = await post('/v1/accounts', { networks: ['EthereumSepolia'] });
  const statusOf = (table: string, of: string) =>
    world.product.first<{ status: string }>(`SELECT status FROM ${table} WHERE id = ?`, of)?.status;
  await wait(world, 'the account', () => statusOf('accounts', id) === 'active');
  const wallet = world.product.first<{ custody_id: string }>('SELECT custody_id FROM wallets WHERE account_id = ?', id);
  const fund = (body: object) => world.control('POST', `/wallets/${wallet?.custody_id}/fund`, body);
  await fund({ kind: 'Native', amount: '50000000000000000000' });
  await fund({ kind: 'Erc20', contract: USDC_CONTRACT, amount: '500000000' });
  for (const address of EXCHANGES) {
    const asked = { network: 'EthereumSepolia', address, label: 'Exchange', kind: 'exchange' };
    const destination = await post('/v1/accounts/me/destinations', asked);
    await wait(world, 'the review', () => statusOf('destinations', destination.id) === 'in_review');
    for (const approvalId of pendingApprovals(world)) await decide(world, approvalId, 'Approved');
    await wait(world, 'the approval', () => statusOf('destinations', destination.id) === 'approved');
    const limits = [USDC, NATIVE].map((asset) => ({
      asset,
      perOrder: '1000000000000000000',
      perDay: '3000000000000000000',
    }));
    const validUntil = new Date(world.time + MANDATE_DAYS * 86_400_000).toISOString();
    await post('/v1/accounts/me/mandates', { venue: 'Kraken', destinationId: destination.id, limits, validUntil });
  }
}

/** What waits for a decision at custody, and has for so long. */
export const pendingApprovals = (world: World, milliseconds = 0): string[] =>
  world.custodyState
    .all<{ id: string }>(
      `SELECT id FROM approvals WHERE status = 'Pending' AND json_extract(body, '$.dateCreated') <= ? ORDER BY seq`,
      new Date(world.time - milliseconds).toISOString(),
    )
    .map(({ id }) => id);

export const decide = (world: World, approvalId: string, value: 'Approved' | 'Denied', user = 'compliance-1') =>
  world.control('POST', `/approvals/${approvalId}/decide`, { user, value });
