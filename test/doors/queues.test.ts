// Each queue once with its real delivery: producer, queue, consumer and acknowledgement of the platform itself.
import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { checkFence } from '../../src/kit/messages.ts';
import { tokenOf } from '../support/outside.ts';
import { openWorld } from '../support/world.ts';

const WAIT = { timeout: 20_000, interval: 100 };

it('the money queue opens an account and the events queue checks its fence, through the worker alone', async () => {
  await openWorld(); // for the organisation at custody; the worker below has its own clock, queues and settings
  const headers = {
    authorization: `Bearer ${await tokenOf('client-1')}`,
    'content-type': 'application/json',
    'idempotency-key': 'one',
  };
  const asked = await exports.default.fetch('http://fiducia.test/v1/accounts', {
    method: 'POST',
    headers,
    body: JSON.stringify({ networks: ['EthereumSepolia'] }),
  });
  expect(asked.status).toBe(202);
  const { id } = await asked.json<{ id: `acc_${string}` }>();

  await vi.waitFor(async () => {
    const read = await exports.default.fetch('http://fiducia.test/v1/accounts/me', { headers });
    expect(await read.json()).toMatchObject({ status: 'active' });
  }, WAIT);
  await vi.waitFor(
    async () => expect(await env.DB.prepare('SELECT count(*) AS n FROM outbox').first('n')).toBe(0),
    WAIT,
  );

  await env.EVENTS.send(checkFence({ accountId: id })(null));
  await vi.waitFor(
    async () => expect(await env.DB.prepare('SELECT version FROM fences').first('version')).toBeGreaterThan(1),
    WAIT,
  );
});
