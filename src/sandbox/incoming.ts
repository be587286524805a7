/** Owns what policies make of money that has arrived: they can report it to the webhooks, and nothing else. */
import { judgeActivity } from './approvals.ts';
import type { HistoryItem, Wallet } from './entities.ts';
import { emit } from './events.ts';
import { iso, newId, type World } from './world.ts';

export function judgeIncoming(world: World, wallet: Wallet, blockchainEvent: HistoryItem): void {
  const kind = 'Wallets:IncomingTransaction';
  const about = { walletId: wallet.id, walletTags: wallet.tags, senders: sendersOf(blockchainEvent) };
  for (const { policy, evaluation } of judgeActivity(world, { kind, ...about }).triggered) {
    const { triggered, reason, context } = evaluation;
    const seen = { id: newId('plce'), triggered, reason, date: iso(world.now), policy };
    const policyEvaluation = { ...seen, activity: { kind, blockchainEvent }, context: context ?? null };
    emit(world, 'policy.triggered', { policyEvaluation });
  }
}

const sendersOf = ({ from, froms }: HistoryItem) => froms ?? (from === undefined ? undefined : [from]);
