// Promise: a webhook is acknowledged about as fast as a Worker can that only checks it and puts it on a queue.
import { createHmac, randomUUID } from 'node:crypto';
import { bundleBare } from './support/bundle.ts';
import { type Bench, compare } from './support/compare.ts';
import { type Prepared, send } from './support/load.ts';
import { startNodeServer } from './support/node-server.ts';
import { start } from './support/runtime.ts';
import { openIssuer, productBindings, WEBHOOK_SECRET } from './support/settings.ts';

const EVENTS = 256;

export const webhookAcknowledge: Bench = {
  promise: 'webhook acknowledge',
  async measure(script) {
    const { jwks } = await openIssuer();
    const bareScript = await bundleBare('webhook-acknowledge.ts');
    await using product = await start({ name: 'product', script, bindings: productBindings(), jwks });
    await using guide = await startNodeServer('bench/bare/webhook-node.ts', WEBHOOK_SECRET);
    await using bare = await start({ name: 'bare', script: bareScript, bindings: { WEBHOOK_SECRET }, jwks });
    const events = Array.from({ length: EVENTS }, delivery);
    for (const { url } of [product, bare, guide]) {
      const [first] = events;
      const answer = first && (await send(url, first));
      if (answer !== '{"received":true}') throw new Error(`a webhook was answered ${answer}`);
    }
    const comparison = await compare(product.url, bare.url, events);
    // Beside both, and promised by nobody: what a server of one's own does that syncs each event to its disk.
    const beside = await compare(guide.url, bare.url, events);
    return { ...comparison, beside: { name: 'the same by a Node server with a synced insert', ...beside } };
  },
};

/** As Dfns sends it: a confirmed transfer of a token, about 1 KB. It stays fresh for longer than the bench takes. */
function delivery(): Prepared {
  const at = new Date().toISOString();
  const transferRequest = {
    id: `xfr-4k2n8-${randomUUID().slice(0, 5)}-8p9rs6t2v4w8x1y3`,
    walletId: 'wa-5f2kq-7hb3n-9m1p4r8t2v6x0z3c',
    network: 'EthereumSepolia',
    requester: { userId: 'us-3v8kd-1q9nm-8rj2tb6c4w0x5y7z', tokenId: 'to-1a2b3-4c5d6-7e8f9g0h1j2k3m4n' },
    requestBody: {
      kind: 'Erc20',
      contract: '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238',
      to: '0x52908400098527886e0f7030069857d2e4169ee7',
      amount: '3000000',
      externalId: `xfr_${randomUUID()}`,
    },
    metadata: { asset: { symbol: 'USDC', decimals: 6, verified: true } },
    status: 'Confirmed',
    txHash: `0x${'9f'.repeat(32)}`,
    fee: '1050000000000',
    dateRequested: at,
    datePolicyResolved: at,
    dateBroadcasted: at,
    dateConfirmed: at,
  };
  const body = JSON.stringify({
    id: `whe-${randomUUID()}`,
    kind: 'wallet.transfer.confirmed',
    date: at,
    data: { transferRequest },
    timestampSent: Math.floor(Date.now() / 1000),
    deliveryAttempt: 1,
  });
  const signature = createHmac('sha256', WEBHOOK_SECRET).update(body).digest('hex');
  return {
    method: 'POST',
    path: '/webhooks/dfns',
    headers: { 'content-type': 'application/json', 'x-dfns-webhook-signature': `sha256=${signature}` },
    body,
  };
}
