// The checker dies at each of its effects, before and after it: whatever follows, there is one vote and the day counts it once.
import { env } from 'cloudflare:workers';
import { encodeFunctionData, parseAbi } from 'viem';
import { expect, it } from 'vitest';
import type { ReviewCustody } from '../../src/dfns/review-custody.ts';
import { sdk } from '../support/outside.ts';
import { EXCHANGE, USDC } from '../support/world.ts';
import { type Bench, companyWallet, type Json, openBench } from './bench.ts';

const USDC_CONTRACT = USDC.split('/')[1] ?? '';
/** More than one review has; a walk that ends earlier has been everywhere. */
const EFFECTS_MAX = 20;
const data = encodeFunctionData({
  abi: parseAbi(['function transfer(address to, uint256 amount)']),
  args: [EXCHANGE as `0x${string}`, 7n], // a constant of the world
});

class Died extends Error {}

/** A process that ends at its nth effect: a batch in D1, or a vote. */
function dying(bench: Bench, nth: number, isAfter: boolean) {
  let effects = 0;
  let isDead = false;
  const effect = async <T>(act: () => Promise<T>): Promise<T> => {
    effects += 1;
    if (isDead || (effects === nth && !isAfter)) {
      isDead = true;
      throw new Died();
    }
    const done = await act();
    if (effects < nth) return done;
    isDead = true;
    throw new Died();
  };
  const DB = new Proxy(env.CHECKER_DB, {
    get(target, name) {
      if (name === 'batch') return (statements: D1PreparedStatement[]) => effect(() => target.batch(statements));
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const living = bench.checker.custody;
  const custody: ReviewCustody = { ...living, vote: (...asked) => effect(() => living.vote(...asked)) };
  return { DB, custody, hasDied: () => isDead };
}

it('a review that dies at any effect is finished by the next process with one vote', async () => {
  const bench = await openBench({ policies: false });
  const wallet = await companyWallet();
  const listed = { network: 'EthereumSepolia', address: USDC_CONTRACT, wallets: [wallet.id], withoutOrder: true };
  const terms: Json = { contracts: [{ ...listed, kind: 'erc20', functions: ['transfer'] }] };
  const admin = await sdk('admin-1');
  let reviewed = 0;
  const walk = async (nth: number, isAfter: boolean): Promise<boolean> => {
    const body: Json = { kind: 'Eip1559', to: USDC_CONTRACT, data };
    const { approvalId = '' } = await admin.wallets.broadcastTransaction({ walletId: wallet.id, body });
    bench.open({ terms });
    const { DB, custody, hasDied } = dying(bench, nth, isAfter);
    bench.open({ terms, settings: { DB }, custody });
    await bench.takeEvents().catch(() => undefined);
    bench.open({ terms });
    bench.queued = [];
    await bench.world.advance(120);
    await bench.tick();
    await bench.drain();
    await bench.tick();
    expect(await bench.votesOfChecker(approvalId), `effect ${nth}`).toMatchObject([{ value: 'Approved' }]);
    reviewed += 1;
    await bench.world.advance(400);
    await bench.tick();
    const [row] = await bench.rows(`SELECT status, outcome FROM reviews WHERE id = '${approvalId}'`);
    expect(row, `effect ${nth}`).toEqual({ status: 'closed', outcome: 'approved' });
    expect(await bench.rows('SELECT DISTINCT units FROM sums')).toEqual([{ units: String(7 * reviewed) }]);
    return hasDied();
  };
  let points = 0;
  for (let nth = 1; nth <= EFFECTS_MAX; nth += 1) {
    const died = [await walk(nth, false), await walk(nth, true)];
    if (!died.includes(true)) break;
    points += died.filter(Boolean).length;
  }
  expect(points).toBeGreaterThanOrEqual(6);
  expect(points).toBeLessThan(EFFECTS_MAX);
});
