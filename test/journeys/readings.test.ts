// What the documents of custody leave open: the whole story under each other reading that can reach the product. The journeys
// that a reading is about are in open-questions.test.ts.
import { describe, expect, it } from 'vitest';
import { addSeconds } from '../../src/domain/time.ts';
import { control } from '../support/outside.ts';
import { instant, readyToTrade, slow, trade } from '../support/patient.ts';
import { NATIVE, openWorld, USDC, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: views are examined by the tests
type Json = any;

/** The other readings that the product can meet, several to a story: none changes what another is about. */
const readings: readonly object[] = [
  { listOrder: 'oldest', strictAddressCase: true, requireUserAgent: true, serviceAccountVotes: true },
  { secondPendingChange: 'queue', deniedChange: 'Failed', retryOf: 'original', webhookEventDetails: true },
  { secondPendingChangeStatus: 412, archiveOperation: 'Delete', signedWebhookBytes: 'rewritten' },
  { whitelistAddressesMax: 1, pendingTransferStatus: 202, blockedTransfer: 'refuse', velocityCountsCurrent: false },
  { expiredApproval: 'Denied', expiredRequest: 'Failed', approvalGroups: 'live', policyStatusInBody: 'refuse' },
  { externalIdComparison: 'text', repeatedWallet: 'first', unchangedTags: 'refuse' },
  { repeatedWallet: 'refuse', walletAddressDelayMilliseconds: 600_000 },
  slow,
  instant,
  { userActionSeconds: 20 },
  { userActionTokenSeconds: 10 },
];
/** So few calls a minute that the opening alone needs several. They hold once the organisation is set up. */
const tight: readonly object[] = [
  { rateLimitPerMinute: 12 },
  { rateLimitPerMinute: 12, rateLimitCountsSigning: false },
];
/** Nobody but a person at custody, or a call that the product never makes, can meet these. */
const outOfReach = [
  'unreadableNominal', // raw signatures
  'voteNotAllowedStatus', // the product never votes
  'voteRepeatedStatus',
  'voteTooLateStatus',
  'exchangeDepositRecipient', // the product sends plain transfers
  'withdrawalAboveBalanceStatus',
  'serviceAccountsCreateExchanges',
  'newServiceAccount', // accounts and roles are made by hand
  'operationNames',
  'approverInUseStatus',
  'testnetQuotes', // without prices the limits in dollars hold every transfer: see open-questions.test.ts
  'auditLogDaysMax', // read by people
  'auditLogRowsMax',
  'replacementOperations', // nothing is cancelled or speeded up
  'signatureSignedMilliseconds', // no signatures, no keys
  'deletedKeyWallets',
  'webhookTimeoutMilliseconds', // the webhook door does one durable send
  'userActionMismatchStatus', // the SDK signs what it sends
];
/** Under these nothing can go on at all until they are over; see "a credential" in open-questions.test.ts. */
const standstill = ['signingNeedsOperation'];

/** Custody that was asked too often is asked again in a minute, as a client would. */
async function readBalances(world: World): Promise<Json> {
  for (let minute = 0; minute < 5; minute += 1) {
    const { status, body } = await world.get('client-1', '/v1/accounts/me/balances');
    if (status === 200) return body;
    expect(status).toBe(503);
    await world.advance(61);
  }
  throw new Error('custody never answered');
}

async function wholeStory(world: World): Promise<void> {
  const { account, schedule } = await readyToTrade(world);
  expect(await trade(world, schedule)).toMatchObject({ status: 'executed' });
  const statement = async () => {
    const [from, to] = [addSeconds(world.at, -86_400), addSeconds(world.at, 60)];
    return (await world.get('client-1', `/v1/accounts/me/statement?from=${from}&to=${to}`)).body;
  };
  await world.waitFor(async () => (await statement()).lines.some((line: Json) => line.direction === 'out'));
  const { assets, lines } = await statement();
  expect(lines.find((line: Json) => line.direction === 'out')).toMatchObject({ destination: 'Exchange' });
  const of = (wanted: string) => assets.find(({ asset }: Json) => asset === wanted);
  expect(of(USDC)).toMatchObject({ opening: '0', received: '10000000', sent: '3000000', closing: '7000000' });
  // The books are what custody says it holds, the fee included.
  const balances = await readBalances(world);
  for (const asset of [USDC, NATIVE]) {
    const { units } = balances.wallets[0].balances.find((held: Json) => held.asset === asset);
    expect(of(asset).closing).toBe(units);
  }
  await world.advance(61);
  expect(await world.custodyTransfers(account)).toHaveLength(1);
  const { body: restrictions } = await world.get('client-1', '/v1/accounts/me/restrictions');
  expect(restrictions).toMatchObject({ fence: { result: 'intact' }, halts: [] });
}

describe('the whole story', () => {
  it.each(readings)('is the same under %j', async (reading) => {
    await wholeStory(await openWorld({ readings: reading }));
  });

  it.each(tight)('is the same under %j, only slower', async (reading) => {
    const world = await openWorld();
    await control('PUT', '/settings', reading);
    await wholeStory(world);
  });

  it('is tried under every setting that can reach the product', async () => {
    const tried = [...readings, ...tight].flatMap((reading) => Object.keys(reading));
    const settings = Object.keys(await control('GET', '/settings'));
    expect([...new Set([...tried, ...outOfReach, ...standstill])].sort()).toEqual(settings.sort());
  });
});
