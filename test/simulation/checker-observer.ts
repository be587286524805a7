// What must hold of the checker, looked at at custody, in its own database, and in the product's records of what was asked for.
import { Broken } from './broken.ts';
import { DAY_MAX } from './checker-world.ts';
import type { World } from './world.ts';

interface ReviewRow {
  readonly id: string;
  readonly status: string;
  readonly verdict: string;
  readonly mode: string;
  readonly outlays: string;
}
const moves: Readonly<Record<string, readonly string[]>> = {
  ...{ intended: ['voted', 'abstained', 'closed'], voted: ['closed'], abstained: ['closed'] },
  ...{ shadowed: ['closed'], closed: [] },
};
interface Approval {
  readonly activity: {
    readonly kind: string;
    readonly transferRequest?: {
      readonly id: string;
      readonly walletId: string;
      readonly externalId?: string;
      readonly requestBody: Readonly<Record<string, unknown>>;
    };
  };
  readonly decisions: readonly { readonly userId: string; readonly value: string }[];
}
const VOTE = /^\/v2\/policy-approvals\/([^/]+)\/decisions$/;

export class CheckerObserver {
  readonly #world: World;
  readonly #userId: string;
  readonly #statuses = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    this.#userId = world.accountOf('checker').userId;
  }

  /** A vote as it reaches custody: people decide by another way. */
  watchVote(method: string, path: string, body: string): void {
    const id = VOTE.exec(path)?.[1];
    if (method !== 'POST' || id === undefined) return;
    const { value } = JSON.parse(body);
    const review = this.#world.checker.first<ReviewRow>('SELECT * FROM reviews WHERE id = ?', id);
    if (this.#world.checkerMode === 'shadow') throw new Broken('in shadow mode nothing is voted on', id);
    // Another invocation may have taken the intent up meanwhile, and heard of the vote or taken it back.
    if (review === undefined) throw new Broken('a vote was intended before', `${id}, and there is no review`);
    if (value !== 'Approved') throw new Broken('the checker denies nothing unless it is told to', id);
    const approval = this.#approval(id);
    if (approval?.activity.kind !== 'Wallets:Sign')
      throw new Broken('changes of policies and rights are for people alone', `${id}: ${approval?.activity.kind}`);
    if (this.#world.restored === 'no') this.#lookAtRequest(id, approval);
  }

  #lookAtRequest(id: string, { activity: { transferRequest } }: Approval): void {
    const intent = this.#world.product.first<{ custody_wallet_id: string; request_body: string }>(
      'SELECT custody_wallet_id, request_body FROM transfers WHERE external_id = ?',
      transferRequest?.externalId ?? '',
    );
    const wanted: Record<string, unknown> = JSON.parse(intent?.request_body ?? '{}');
    const found = transferRequest?.requestBody ?? {};
    const differs = ['kind', 'contract', 'to', 'amount'].find((name) => wanted[name] !== found[name]);
    if (intent === undefined || intent.custody_wallet_id !== transferRequest?.walletId || differs !== undefined)
      throw new Broken('the checker approves what the product asked for', `${id}: ${differs ?? 'wallet or nothing'}`);
  }

  #approval(id: string): Approval | undefined {
    const body = this.#world.custodyState.first<{ body: string }>('SELECT body FROM approvals WHERE id = ?', id)?.body;
    return body === undefined ? undefined : JSON.parse(body);
  }

  /** After a write of the checker. */
  look(): void {
    const reviews = this.#world.checker.all<ReviewRow>(
      'SELECT id, status, verdict, mode, outlays FROM reviews ORDER BY id',
    );
    const sums = new Map<string, bigint>();
    for (const { id, status, outlays } of reviews) {
      const before = this.#statuses.get(id) ?? status;
      this.#statuses.set(id, status);
      if (before !== status && !moves[before]?.includes(status))
        throw new Broken('statuses move along their machine', `review ${id} went from ${before} to ${status}`);
      if (status === 'voted' && before !== 'voted') this.#lookAtVote(id);
      for (const { asset, walletId, day, units } of JSON.parse(outlays))
        for (const whole of [walletId, 'all'])
          sums.set(`${day}|${asset}|${whole}`, (sums.get(`${day}|${asset}|${whole}`) ?? 0n) + BigInt(units));
    }
    for (const { id, units } of this.#world.checker.all<{ id: string; units: string }>('SELECT id, units FROM sums')) {
      if (BigInt(units) !== (sums.get(id) ?? 0n) || BigInt(units) > DAY_MAX)
        throw new Broken(
          'the checker approves no more than its day',
          `${id} says ${units}, it is ${sums.get(id) ?? 0n}`,
        );
    }
  }

  /** What it takes for voted is there, once. */
  #lookAtVote(id: string): void {
    const own = this.#approval(id)?.decisions.filter(({ userId }) => userId === this.#userId) ?? [];
    if (own.length !== 1) throw new Broken('one vote for one approval', `${id} has ${own.length}`);
  }
}
