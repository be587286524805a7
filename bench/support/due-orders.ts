// Orders of many clients that are due in one minute, put into the simulated world of a bench.
import { USDC } from '../../test/simulation/assets.ts';
import type { World } from '../../test/simulation/world.ts';
import { copyClients, MINUTE, numbers } from './simulated.ts';

/** Clients like the first one, with schedules that are due at once. */
export function addDueOrders(world: World, { orders, clients }: { orders: number; clients: number }): void {
  const { accountId: account, copy, renamed } = copyClients(world, clients);
  const of = `t.account_id = '${account}'`;
  const own = { id: renamed('id'), account_id: renamed('account_id') };
  copy('destinations', of, own);
  copy('mandates', of, { ...own, destination_id: renamed('destination_id') });
  copy('fences', of, { account_id: renamed('account_id') });
  addSchedules(world, { account, orders, clients });
}

function addSchedules(
  world: World,
  { account, orders, clients }: { account: string; orders: number; clients: number },
): void {
  const recurrence = JSON.stringify({ kind: 'cron', expression: '0 9 * * *', timeZone: 'UTC' });
  const dueAt = new Date(Math.ceil(world.time / MINUTE) * MINUTE).toISOString();
  const asked = `FROM mandates m, n WHERE m.account_id <> '${account}' AND m.id LIKE '%' || printf('%08d', 1 + n % ${clients})
    AND m.status = 'active' GROUP BY n`;
  world.product.script(`${numbers(orders)} INSERT INTO schedules (id, version, status, facts, created_at, account_id, mandate_id,
    asset, units, recurrence, start_at, catch_up, catch_up_hours_max, runs, next_slot)
    SELECT 'sch_' || printf('%026d', n), 1, 'active', '{}', '${dueAt}', m.account_id, m.id, '${USDC}', '1000', '${recurrence}',
    '${dueAt}', 'latest', 24, 0, '${dueAt}' ${asked}`);
  world.product.script(`INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
    SELECT 'jnl_' || id, id, 1, 'schedule.active', account_id, 'a', 'operator', 'r', created_at, '{}', '${'0'.repeat(64)}'
    FROM schedules WHERE id LIKE 'sch_0000%'`);
}
