/** Owns how the policies are asked about anything a wallet or a key is to sign. */
import { judgeActivity } from './approvals.ts';
import { type Readable, readableOf } from './effects.ts';
import type { Judgement } from './engine.ts';
import type { Wallet } from './entities.ts';
import { familyOf } from './networks.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;

export function judgeWallet(world: World, wallet: Wallet, readable: Readable): Judgement {
  return judgeActivity(world, {
    kind: 'Wallets:Sign',
    walletId: wallet.id,
    walletTags: wallet.tags,
    isEvm: familyOf(wallet.network) === 'Evm',
    ...readable,
    earlier: (minutes) => earlierOf(world, wallet, world.now - minutes * MINUTE),
  });
}

/** What a key signs, any of its wallets could have signed: the policies of all of them are asked. */
export function judgeKey(world: World, wallets: readonly Wallet[], readable: Readable): Judgement {
  if (wallets.length === 0) return judgeLoneKey(world, readable);
  const judgements = wallets.map((wallet) => judgeWallet(world, wallet, readable));
  const triggered = new Map(judgements.flatMap((each) => each.triggered.map((one) => [one.policy.id, one] as const)));
  const evaluations = new Map(
    judgements.flatMap((each) => each.evaluations.map((evaluation) => [evaluation.policyId, evaluation] as const)),
  );
  for (const { policy, evaluation } of triggered.values()) evaluations.set(policy.id, evaluation);
  const verdicts = judgements.map(({ verdict }) => verdict);
  const verdict = (['blocked', 'needs_approval'] as const).find((worse) => verdicts.includes(worse)) ?? 'allowed';
  return { verdict, evaluations: [...evaluations.values()], triggered: [...triggered.values()] };
}

/** A key without a wallet meets only the policies that filter by no wallet and no tag. */
function judgeLoneKey(world: World, readable: Readable): Judgement {
  const nobody = { walletId: '', walletTags: [], isEvm: false, earlier: () => [] };
  return judgeActivity(world, { kind: 'Wallets:Sign', ...nobody, ...readable });
}

/** Everything this wallet asked for since then; what its key signed for nobody in particular counts for it as well. */
function earlierOf(world: World, { id, signingKey }: Wallet, since: number): { usd: number | undefined }[] {
  const of = `requested_at > ? AND status <> 'Rejected'`;
  const read = (request: Parameters<typeof readableOf>[1]) => ({ usd: readableOf(world, request).usd });
  const { store } = world;
  return [
    ...store.select('transfers', `WHERE wallet_id = ? AND ${of}`, id, since).map(read),
    ...store.select('transactions', `WHERE wallet_id = ? AND ${of}`, id, since).map(read),
    ...store.select('signatures', `WHERE wallet_id = ? AND ${of}`, id, since).map(() => ({ usd: undefined })),
    ...store
      .select('signatures', `WHERE key_id = ? AND wallet_id IS NULL AND ${of}`, signingKey.id, since)
      .map(() => ({ usd: undefined })),
  ];
}
