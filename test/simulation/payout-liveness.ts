// The end of an episode for payouts: the office goes on with what it paused and the pool is filled, and then every row that was
// released is paid or has its reason, and the receipts say what custody says.
import { USDC_CONTRACT } from './assets.ts';
import { decide, must, pendingApprovals } from './beginning.ts';
import { Broken } from './broken.ts';
import { drain, untilQuiet } from './calm.ts';
import { request } from './deliver.ts';
import type { World } from './world.ts';

const IS_REVIEWED = `EXISTS (SELECT 1 FROM transfers t WHERE t.id = p.transfer_id AND t.status = 'needs_review')`;
export const OPEN_BATCHES = `SELECT id, status FROM payout_batches b WHERE status IN ('draft', 'released', 'paused')
  OR (status = 'running' AND NOT EXISTS (SELECT 1 FROM payouts p WHERE p.batch_id = b.id AND ${IS_REVIEWED}))`;
export const OPEN_ROWS = `SELECT p.id, p.status FROM payouts p JOIN payout_batches b ON b.id = p.batch_id
  WHERE (p.status = 'ready' AND b.status IN ('running', 'canceled')) OR (p.status = 'invalid' AND b.status = 'canceled')
  OR (p.status = 'executing' AND NOT ${IS_REVIEWED})`;
const WAITS_FOR_CAP = `SELECT 1 FROM payouts p JOIN payout_batches b ON b.id = p.batch_id
  WHERE p.status = 'ready' AND b.status = 'running' AND p.created_at < ?`;
const UNDER_WAY = `SELECT 1 FROM transfers WHERE status IN ('submitting', 'submitted', 'broadcast')`;
const TEN_MINUTES = 600_000;
const AGAIN_MINUTES = 120;

export async function fillPool(world: World): Promise<void> {
  for (const { custody_id: id } of world.product.all<{ custody_id: string }>('SELECT custody_id FROM hot_wallets'))
    for (const kind of [{ kind: 'Native' }, { kind: 'Erc20', contract: USDC_CONTRACT }])
      await world.control('POST', `/wallets/${id}/fund`, { ...kind, amount: '9000000000' });
}

/** Where nothing but the sums of the hour keeps rows back, nothing happens before it is over. */
export function waitForCaps(world: World): void {
  if (world.queued.length > 0 || world.product.first(UNDER_WAY) !== undefined) return;
  const since = new Date(world.time - TEN_MINUTES).toISOString();
  if (world.product.first(WAITS_FOR_CAP, since) !== undefined) world.time += TEN_MINUTES;
}

/** After a restore the office uploads its files again, and lets them go: what custody has paid already is not paid again. */
export async function payAgain(world: World): Promise<void> {
  for (const call of world.uploads) {
    await request(world, call, () => {});
    await drain(world);
  }
  const goesOn = () => world.product.first(OPEN_BATCHES) !== undefined || world.product.first(OPEN_ROWS) !== undefined;
  const act = async () => {
    waitForCaps(world);
    await decideAll(world);
  };
  const pass = () => untilQuiet(world, { act, isOver: () => !goesOn(), minutesMax: AGAIN_MINUTES });
  await pass();
  for (const { id, facts } of world.product.all<{ id: string; facts: string }>(
    `SELECT id, facts FROM payout_batches WHERE status = 'checked' ORDER BY id`,
  ))
    for (const as of ['compliance-1', 'admin-1']) {
      const { rowsHash } = JSON.parse(facts).check;
      const path = `/v1/payout-batches/${id}/release`;
      await request(world, { as, method: 'POST', path, body: { rowsHash }, key: `again-${id}` }, () => {});
      await drain(world);
    }
  await fillPool(world);
  await pass();
}

async function decideAll(world: World): Promise<void> {
  for (const approvalId of pendingApprovals(world)) await decide(world, approvalId, 'Approved', 'compliance-2');
}

interface Paid {
  readonly externalId: string;
  readonly units: string;
}

async function paidByReceipts(world: World): Promise<Map<string, string>> {
  const paid = new Map<string, string>();
  for (const { id } of world.product.all<{ id: string }>('SELECT id FROM payout_batches ORDER BY id')) {
    const path = `/v1/payout-batches/${id}/receipt`;
    const text: string = await must(world, { as: 'auditor-1', method: 'GET', path });
    const [header = [], ...lines] = text
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(',').map((cell) => cell.replace(/^"|"$/g, '')));
    const cell = (line: readonly string[], name: string): string => line[header.indexOf(name)] ?? '';
    for (const line of lines)
      if (cell(line, 'status') === 'paid') paid.set(cell(line, 'externalId'), cell(line, 'units'));
  }
  return paid;
}

/** What the receipts call paid is what custody confirmed of the pool, row by row. */
export async function checkReceipts(world: World): Promise<void> {
  const said = await paidByReceipts(world);
  const done = world.custodyState
    .all<{ external_id: string; wallet_id: string; body: string }>(
      `SELECT external_id, wallet_id, body FROM transfers WHERE status = 'Confirmed' ORDER BY seq`,
    )
    .filter(
      ({ wallet_id: id }) => world.product.first('SELECT 1 FROM hot_wallets WHERE custody_id = ?', id) !== undefined,
    )
    .map(({ external_id: externalId, body }): Paid => ({ externalId, units: JSON.parse(body).requestBody.amount }));
  const reviewed = new Set(
    world.product
      .all<{ external_id: string }>(`SELECT external_id FROM transfers WHERE status = 'needs_review'`)
      .map(({ external_id: id }) => id),
  );
  const wrong = done.find(({ externalId, units }) => said.get(externalId) !== units && !reviewed.has(externalId));
  if (wrong !== undefined) throw new Broken('receipts say what custody did', `${wrong.externalId} over ${wrong.units}`);
  const extra = [...said.keys()].find((id) => !done.some(({ externalId }) => externalId === id));
  if (extra !== undefined)
    throw new Broken('receipts say what custody did', `${extra} is paid, and custody has it not`);
}
