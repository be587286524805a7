// The end of an episode: no faults any more, people do their part, time passes. Then everything has come to its end, or waits
// for a person who knows of it.
import { externalIdOf } from '../../src/app/external-id.ts';
import { beginRestore } from './acts.ts';
import { decide, must, pendingApprovals } from './beginning.ts';
import { Broken } from './broken.ts';
import { drain, untilQuiet } from './calm.ts';
import { request } from './deliver.ts';
import type { Observer } from './observer.ts';
import { checkReceipts, fillPool, OPEN_BATCHES, OPEN_ROWS, payAgain, waitForCaps } from './payout-liveness.ts';
import { checkJournal } from './proof.ts';
import type { CustodyTransfer } from './rows.ts';
import type { Arrived } from './shapes.ts';
import type { World } from './world.ts';

/** Sums of an hour may keep payouts back several times. */
const MINUTES_MAX = 480;
/** So long an officer leaves it to the checker. */
const REVIEW_MILLISECONDS = 90_000;
const RESTORED_MINUTES = 6;
const OPEN_TRANSFERS = `SELECT id, status FROM transfers WHERE status NOT IN ('confirmed', 'failed', 'rejected', 'canceled', 'needs_review')`;
/** What waits for custody's or a person's answer is waited for; what is due later may wait. */
const OPEN_ORDERS = `SELECT id, status FROM orders WHERE status = 'released'
  OR (status = 'executing' AND NOT EXISTS (SELECT 1 FROM transfers t WHERE t.order_id = orders.id AND t.status = 'needs_review'))`;
const OPEN_CHANGES = `SELECT id, status FROM policy_changes c WHERE status IN ('submitting', 'submitted')
  OR (status = 'queued' AND NOT EXISTS (SELECT 1 FROM policy_changes o WHERE o.policy_id = c.policy_id AND o.status = 'conflict'))`;
const UNTOLD_REVIEWS = `SELECT id, status FROM transfers t WHERE status = 'needs_review'
  AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.kind = 'transfer_needs_review' AND i.about = t.id)`;
const UNTOLD_CONFLICTS = `SELECT id, status FROM policy_changes c WHERE status = 'conflict'
  AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.kind = 'change_conflict' AND i.about = c.account_id)`;
const HALTS_OF_ALL = `SELECT id FROM halts WHERE status = 'active' AND level = 'all'`;
const resumeOf = (id: string): string => `payout-batches/${id}/resume`;
/** What was meant to be voted is voted, taken back, or decided by people. */
const OPEN_REVIEWS = `SELECT 1 FROM reviews WHERE status = 'intended'`;
const UNSENT = `SELECT id, body AS status FROM outbox`;

interface CalledOff {
  readonly id: string;
  readonly status: string;
  readonly origin: string | null;
  readonly external_id: string | null;
}

/** Somebody asks the same for each of these, and hears what may be a refusal. */
async function askForEach(
  world: World,
  query: string,
  as: string,
  pathOf: (id: string) => string,
  body?: object,
): Promise<void> {
  for (const { id } of world.product.all<{ id: string }>(query)) {
    await request(world, { as, method: 'POST', path: `/v1/${pathOf(id)}`, body, key: `${id}-${as}` }, () => {});
    await drain(world);
  }
}

/** The procedure of the runbook to its end, where there was one: then what custody has is known here, and money moves again. */
export async function calmAfterRestore(world: World): Promise<void> {
  const pass = (minutesMax: number, isOver: () => boolean) => untilQuiet(world, { isOver, minutesMax });
  await pass(RESTORED_MINUTES, () => false);
  if (world.restored === 'silently') return;
  const statusOf = () => world.product.first<{ epoch: string; status: string }>('SELECT epoch, status FROM epochs');
  if (statusOf()?.epoch !== world.epoch) {
    const told = world.product.first(`SELECT 1 FROM incidents WHERE kind = 'epoch_differs' AND status = 'open'`);
    if (told === undefined) throw new Broken('what waits for a person is told to one', 'the epoch differs');
    const call = beginRestore(world);
    if (call !== undefined) await must(world, call);
  }
  if (!(await pass(MINUTES_MAX, () => statusOf()?.status === 'sound')))
    throw new Broken('without faults everything comes to an end', 'custody is read for ever after a restore');
  for (const as of ['compliance-1', 'admin-1', 'operator-1', 'operator-2'])
    await askForEach(world, `SELECT id FROM halts WHERE status = 'active'`, as, (id) => `halts/${id}/lift`, {
      reason: 'Looked.',
    });
  await pass(RESTORED_MINUTES, () => false);
  await payAgain(world);
  // One that waited for a person before is known by its external id until that person has said what became of it.
  const known = world.product.all<{ custody_id: string }>(
    `SELECT custody_id FROM transfers WHERE custody_id IS NOT NULL UNION SELECT custody_id FROM recoveries
     UNION SELECT external_id FROM transfers WHERE status = 'needs_review'`,
  );
  const isKnown = (name: string | null) => known.some(({ custody_id: custodyId }) => custodyId === name);
  const there = world.custodyState.all<CustodyTransfer>('SELECT * FROM transfers ORDER BY seq');
  const forgotten = there.find(({ id, external_id: externalId }) => !isKnown(id) && !isKnown(externalId));
  if (forgotten !== undefined)
    throw new Broken('after a restore everything is found again', `${forgotten.id} is ${forgotten.status}`);
  await checkCalledOff(world, there);
  await checkJournal(world);
}

const CALLED_OFF = `SELECT id, status, origin, NULL AS external_id FROM orders WHERE status IN ('skipped', 'blocked', 'canceled')
  UNION ALL SELECT id, status, NULL, external_id FROM payouts WHERE status = 'canceled'
  AND coalesce(json_extract(facts, '$.reason'), '') NOT LIKE 'Custody paid line%'`;

/** Somebody who reads that it was called off asks for it once more. */
async function checkCalledOff(world: World, there: readonly CustodyTransfer[]): Promise<void> {
  const done = there.filter(({ status }) => status !== 'Failed' && status !== 'Rejected');
  for (const { id, status, ...named } of world.product.all<CalledOff>(CALLED_OFF)) {
    const externalId = named.external_id ?? (await externalIdOf(named.origin ?? ''));
    const paid = done.find(({ external_id: found }) => found === externalId);
    if (paid !== undefined)
      throw new Broken('what custody has done is not called off', `${id} is ${status}, ${paid.id} is ${paid.status}`);
  }
}

export async function checkLiveness(world: World, observer: Observer): Promise<void> {
  if (world.restored !== 'no') return calmAfterRestore(world);
  const open = (): string[] =>
    [OPEN_TRANSFERS, OPEN_ORDERS, OPEN_CHANGES, OPEN_BATCHES, OPEN_ROWS, UNSENT].flatMap((query) =>
      world.product.all<{ id: string; status: string }>(query).map(({ id, status }) => `${id} is ${status}`),
    );
  const isOver = () => open().length === 0 && world.checker.first(OPEN_REVIEWS) === undefined;
  await drain(world);
  // A schedule would go on for ever.
  await askForEach(
    world,
    `SELECT id FROM schedules WHERE status <> 'ended'`,
    'operator-1',
    (id) => `schedules/${id}/end`,
  );
  // Payouts wait for people as long as a halt stands, or a batch is paused.
  for (const as of ['compliance-1', 'admin-1'])
    await askForEach(world, HALTS_OF_ALL, as, (id) => `halts/${id}/lift`, { reason: 'Looked.' });
  await askForEach(world, `SELECT id FROM payout_batches WHERE status = 'paused'`, 'operator-1', resumeOf);
  await fillPool(world);
  const act = async () => {
    waitForCaps(world);
    for (const approvalId of pendingApprovals(world, REVIEW_MILLISECONDS))
      await decide(world, approvalId, 'Approved', 'compliance-2');
  };
  const isQuiet = await untilQuiet(world, { act, isOver, minutesMax: MINUTES_MAX });
  world.onStep();
  if (!isQuiet) {
    const left = [
      ...open(),
      ...world.queued.map(({ queue, body, attempts }) => `${queue} ${JSON.stringify(body).slice(0, 90)} #${attempts}`),
    ];
    throw new Broken(
      'without faults everything comes to an end',
      `${left.slice(0, 8).join('; ')}. Said last: ${world.logged.slice(-2).join(' ')}`,
    );
  }
  for (const query of [UNTOLD_REVIEWS, UNTOLD_CONFLICTS]) {
    const [untold] = world.product.all<{ id: string; status: string }>(query);
    if (untold !== undefined)
      throw new Broken('what waits for a person is told to one', `${untold.id} is ${untold.status}`);
  }
  checkWebhooks(world, observer);
  checkLists(world);
  await checkReceipts(world);
  await checkJournal(world);
}

/** Each webhook that was acknowledged was applied or known already, or lies with the dead letters. */
function checkWebhooks(world: World, { accepted, arrived }: Observer): void {
  const keys = world.product.all<{ key: string }>('SELECT key FROM inbox').map(({ key }) => key);
  const dead = world.product
    .all<{ body: string }>('SELECT body FROM dead_letters')
    .map(({ body }) => body)
    .join(' ');
  for (const id of accepted) {
    const event = arrived.get(id);
    const facts = event === undefined ? [] : factsOf(event, arrived);
    if (!keys.some((key) => facts.some((fact) => key.startsWith(fact))) && !dead.includes(id))
      throw new Broken('an acknowledged webhook is not lost', `${id}: ${facts.join(' or ')}`);
  }
}

/**
 * How the inbox names the fact: deliveries of one fact may be many, and one of them is enough. One that was not acknowledged may
 * have been kept all the same, so a chain of deliveries goes by the name of any of them.
 */
function factsOf({ id, kind, retryOf, data }: Arrived, arrived: ReadonlyMap<string, Arrived>): string[] {
  const { transferRequest, approval, blockchainEvent } = data;
  const entity = /^(wallet\.transfer|policy\.approval)\./.test(kind) ? (transferRequest ?? approval) : undefined;
  if (entity !== undefined) return [[kind, entity.id, entity.status].join('|')];
  if (kind === 'wallet.blockchainevent.detected')
    return [[kind, blockchainEvent?.walletId, blockchainEvent?.txHash].join('|')];
  const before = retryOf === undefined ? undefined : arrived.get(retryOf);
  const earlier = retryOf === undefined ? [] : before === undefined ? [`${kind}|${retryOf}`] : factsOf(before, arrived);
  return [`${kind}|${id}`, ...earlier];
}

/** Custody lists for each account what we list, or somebody was told of the difference. */
function checkLists(world: World): void {
  const accounts = world.product.all<{ id: string; policy_id: string }>(
    `SELECT id, policy_id FROM accounts WHERE status = 'active'`,
  );
  for (const { id, policy_id: policyId } of accounts) {
    const policy = world.custodyState.first<{ body: string }>('SELECT body FROM policies WHERE id = ?', policyId);
    const there: string[] = JSON.parse(policy?.body ?? '{}').rule?.configuration?.addresses ?? [];
    const here = world.product
      .all<{ address: string }>(
        `SELECT DISTINCT address FROM destinations WHERE account_id = ? AND status IN ('approved', 'suspended', 'removing')`,
        id,
      )
      .map(({ address }) => address);
    const isSame = [...there].sort().join() === here.sort().join();
    const isTold = world.product.first(
      `SELECT 1 FROM incidents WHERE account_id = ? AND status = 'open' AND kind IN ('fence_broken', 'change_conflict', 'change_was_not_guarded')`,
      id,
    );
    if (!isSame && isTold === undefined)
      throw new Broken('custody lists what we list', `${id}: here ${here.join()}, at custody ${there.join()}`);
  }
}
