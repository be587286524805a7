// Promise: forty signed mutations a second, in a sandbox that is full already.
import { Agent } from 'node:http';
import { performance } from 'node:perf_hooks';
import { clientOf, control, type Reading, type Sandbox } from './support/sandbox.ts';

const CONNECTIONS = 8;
const WALLETS = 64;
const SECONDS = 12;
const LIMIT_PER_SECOND = 40;
const MUTATIONS_MAX = 20_000;

/** Transfers: the most that one mutation sets off, as each then runs to its confirmation beside the others. */
export async function sandboxMutations({ url }: Sandbox): Promise<Reading> {
  const client = await clientOf(url, 'admin-1');
  const bulk = { network: 'EthereumSepolia', times: WALLETS };
  const { walletIds } = await control<{ walletIds: string[] }>(url, 'POST', '/wallets/bulk', bulk);
  const ether = { kind: 'Native', amount: '1000000000000000000' };
  for (const walletId of walletIds) await control(url, 'POST', `/wallets/${walletId}/fund`, ether);
  const body = { kind: 'Native', to: '0x1111111111111111111111111111111111111111', amount: '1' };
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const startedAt = performance.now();
  const milliseconds = () => performance.now() - startedAt;
  /** How many were answered in each second. */
  const answered: number[] = Array.from({ length: SECONDS }, () => 0);
  let sent = 0;
  const connection = async () => {
    while (milliseconds() < SECONDS * 1000 && sent < MUTATIONS_MAX) {
      sent += 1;
      const answer = await client.mutate(`/wallets/${walletIds[sent % WALLETS]}/transfers`, body, agent);
      if (JSON.parse(answer).status !== 'Pending') throw new Error(`a transfer was answered ${answer}`);
      const second = Math.floor(milliseconds() / 1000);
      if (second < SECONDS) answered[second] = (answered[second] ?? 0) + 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  } finally {
    agent.destroy();
  }
  const perSecond = answered.reduce((sum, count) => sum + count, 0) / SECONDS;
  return {
    promise: 'sandbox: signed mutations a second',
    measured: `${perSecond.toFixed(0)} over ${SECONDS} s, ${Math.min(...answered)} in the slowest second`,
    limit: `${LIMIT_PER_SECOND}`,
    isKept: perSecond >= LIMIT_PER_SECOND,
  };
}
