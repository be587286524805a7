/** Watches approvals that wait and votes by rules.ts, until it is told to stop. What it leaves to a person it says once. */
import { setTimeout as wait } from 'node:timers/promises';
import { getAddress } from 'viem';
import { connect, listWaiting, setting, vote } from '../dfns.ts';
import { judge, type Rules } from './rules.ts';

const rules: Rules = {
  walletId: setting('CALL_WALLET_ID'),
  token: getAddress(setting('RULE_TOKEN')),
  spender: getAddress(setting('RULE_SPENDER')),
  approveMax: BigInt(setting('RULE_APPROVE_MAX')),
};
const pauseMilliseconds = Number(setting('WATCH_SECONDS')) * 1000;
const dfns = connect();
const left = new Set<string>();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

console.log('Watching.');
while (!stop.signal.aborted) {
  for (const approval of await listWaiting(dfns)) {
    if (left.has(approval.id)) continue;
    const verdict = judge(approval, rules);
    if (typeof verdict === 'string') {
      left.add(approval.id);
      console.log(`Left to a person: ${verdict} (${approval.id})`);
    } else if (await vote(dfns, approval.id, verdict)) {
      console.log(`${verdict.value}: ${verdict.reason} (${approval.id})`);
    }
  }
  await wait(pauseMilliseconds, undefined, { signal: stop.signal }).catch(() => undefined); // Woken to stop.
}
