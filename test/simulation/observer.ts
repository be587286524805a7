// Looks at everything after each step, from outside: at the product's tables and at custody's, and at what reached custody. It
// knows what must hold (platform facts, section 5) and remembers what was, so that it also sees what a restore forgot.
import { Broken } from './broken.ts';
import { CheckerObserver } from './checker-observer.ts';
import { machines } from './machines.ts';
import { checkOrderRules } from './order-rules.ts';
import { PayoutObserver, rowOf } from './payout-observer.ts';
import { asFacts, type CustodyTransfer, TRANSFERS, type TransferRow } from './rows.ts';
import type { Arrived } from './shapes.ts';
import { checkAnswer } from './strangers.ts';
import type { World } from './world.ts';

const OVER = ['failed', 'rejected', 'canceled'];

export class Observer {
  readonly #world: World;
  #journalSeen = 0;
  readonly #versions = new Map<string, number>();
  readonly #statuses = new Map<string, string>();
  /** Of each transfer, what it was when it was seen first. */
  readonly #intents = new Map<string, { externalId: string; body: string }>();
  readonly #attempts = new Map<string, number>();
  /** The wish behind each external id, for as long as the episode lasts. */
  readonly #wishes = new Map<string, string>();
  readonly #paid = new Map<string, string>();
  #custodySeen = 0;
  /** What was sent to custody for each external id. */
  readonly #sent = new Map<string, number>();
  /** How many attempts were committed for each external id: each is one call of custody, and no more. */
  readonly #committed = new Map<string, number>();
  /** Webhook events that reached our door, and the ids of those that it acknowledged. */
  readonly arrived = new Map<string, Arrived>();
  readonly accepted = new Set<string>();
  readonly #payouts: PayoutObserver;
  readonly #checker: CheckerObserver;
  #broken: Broken | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#payouts = new PayoutObserver(world);
    this.#checker = new CheckerObserver(world);
    world.onCustody = (method, path, body) => {
      this.#watchSending(method, path, body);
      this.#note(() => this.#checker.watchVote(method, path, body));
    };
    world.onAnswer = (call, answer) => this.#note(() => checkAnswer(world, call, answer));
    world.onArrived = (event) => void this.arrived.set(event.id, event);
    world.onAccepted = ({ id }) => void this.accepted.add(id);
    world.onRestored = () => this.#forget();
    this.#lookAtAll();
    this.lookAtCustody();
  }

  #lookAtAll(): void {
    this.look(['journal', ...Object.keys(machines), 'limit_days']);
  }

  /** What the product forgot is no longer compared with; what was wished for and paid is remembered here all the same. */
  #forget(): void {
    this.#journalSeen = 0;
    this.#versions.clear();
    this.#statuses.clear();
    this.#intents.clear();
    this.#payouts.forget();
    this.accepted.clear();
    this.#attempts.clear();
    for (const { id, facts } of this.#world.product.all<TransferRow>(TRANSFERS))
      this.#attempts.set(id, asFacts(facts).attempts ?? 0);
    this.#lookAtAll();
  }

  /** A call that is not as it must be cannot stop there: it is told of after the step. */
  raise(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  #note(check: () => void): void {
    try {
      check();
    } catch (fault) {
      if (!(fault instanceof Broken)) throw fault;
      this.#broken ??= fault;
    }
  }

  /** After a write of the product that named these tables. */
  look(tables: readonly string[]): void {
    if (tables.some((table) => table.startsWith('checker.'))) this.#checker.look();
    if (tables.includes('journal')) this.#lookAtJournal();
    for (const table of tables) if (machines[table] !== undefined) this.#lookAtStatuses(table);
    if (tables.includes('orders')) this.#lookAtOccurrences();
    if (tables.includes('policy_changes')) this.#lookAtChanges();
    if (tables.includes('payout_batches')) this.#payouts.lookAtBatches();
    if (['transfers', 'limit_days', 'payout_sums'].some((table) => tables.includes(table))) this.#lookAtTransfers();
  }

  #lookAtJournal(): void {
    const entries = this.#world.product.all<{ rowid: number; subject_id: string; version: number }>(
      'SELECT rowid, subject_id, version FROM journal WHERE rowid > ? ORDER BY rowid',
      this.#journalSeen,
    );
    for (const { rowid, subject_id: subject, version } of entries) {
      const before = this.#versions.get(subject) ?? 0;
      if (version !== before + 1)
        throw new Broken('the journal has no gaps', `${subject} goes from ${before} to ${version}`);
      this.#versions.set(subject, version);
      this.#journalSeen = rowid;
    }
  }

  #lookAtStatuses(table: string): void {
    for (const { id, status } of this.#world.product.all<{ id: string; status: string }>(
      `SELECT id, status FROM ${table}`,
    )) {
      const before = this.#statuses.get(id);
      this.#statuses.set(id, status);
      if (before === undefined || before === status) continue;
      if (!machines[table]?.[before]?.includes(status))
        throw new Broken('statuses move along their machine', `${id} went from ${before} to ${status}`);
    }
  }

  #lookAtOccurrences(): void {
    const twice = this.#world.product.first<{ schedule_id: string; slot: string }>(
      `SELECT schedule_id, slot FROM orders WHERE schedule_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1`,
    );
    if (twice !== undefined)
      throw new Broken('a slot of a schedule makes one order', `${twice.schedule_id} made two for ${twice.slot}`);
    const again = this.#world.product.first<{ origin: string }>(
      'SELECT origin FROM orders GROUP BY 1 HAVING count(*) > 1',
    );
    if (again !== undefined) throw new Broken('a wish makes one order', `two for ${again.origin}`);
  }

  #lookAtChanges(): void {
    const twice = this.#world.product.first<{ policy_id: string }>(
      `SELECT policy_id FROM policy_changes WHERE status IN ('submitting', 'submitted') GROUP BY 1 HAVING count(*) > 1`,
    );
    if (twice !== undefined) throw new Broken('one change of a policy is in flight', `two of ${twice.policy_id}`);
  }

  #lookAtTransfers(): void {
    const transfers = this.#world.product.all<TransferRow>(TRANSFERS);
    const atCustody = this.#custodyTransfers();
    const live = new Set<string>();
    const inFlight = new Set<string>();
    for (const transfer of transfers) {
      this.#lookAtIntent(transfer);
      this.#lookAtHandOver(transfer, atCustody.has(transfer.external_id));
      if (!OVER.includes(transfer.status)) {
        const asked = transfer.order_id ?? transfer.payout_id ?? '';
        if (live.has(asked)) throw new Broken('an order or a row has one live transfer', asked);
        live.add(asked);
      }
      if (transfer.status === 'submitting' || transfer.status === 'submitted') {
        if (inFlight.has(transfer.wallet_id))
          throw new Broken('a wallet sends one transfer at a time', transfer.wallet_id);
        inFlight.add(transfer.wallet_id);
      }
      const there = atCustody.get(transfer.external_id);
      if (there !== undefined) this.#lookAtEnd(transfer, there);
    }
    // What a restore found at custody counts too, without a transfer here.
    if (this.#world.restored !== 'no') return;
    this.#lookAtLimits(transfers);
    this.#payouts.lookAtSums(transfers);
  }

  #lookAtIntent({ id, external_id: externalId, request_body: body, origin }: TransferRow): void {
    const first = this.#intents.get(id);
    if (first !== undefined && (first.externalId !== externalId || first.body !== body))
      throw new Broken('what is asked of custody is frozen', `${id} changed its body or external id`);
    this.#intents.set(id, { externalId, body });
    this.#wishes.set(externalId, origin);
  }

  /** The decision that counts was committed just now: everything it needs must hold at this very moment. */
  #lookAtHandOver(transfer: TransferRow, isAtCustody: boolean): void {
    if (transfer.status !== 'submitting') return;
    const { attempts = 0 } = asFacts(transfer.facts);
    if (attempts <= (this.#attempts.get(transfer.id) ?? 0)) return;
    this.#attempts.set(transfer.id, attempts);
    this.#committed.set(transfer.external_id, (this.#committed.get(transfer.external_id) ?? 0) + 1);
    // What a restore found at custody is taken as it is: its first attempt decides nothing.
    if (attempts === 1 && isAtCustody) return;
    const { product, epoch } = this.#world;
    const sound = product.first(`SELECT 1 FROM epochs WHERE epoch = ? AND status = 'sound'`, epoch);
    if (sound === undefined)
      throw new Broken('nothing is handed over in a database of another epoch', `${transfer.id} after a restore`);
    if (transfer.payout_id === null) checkOrderRules(this.#world, transfer);
    else this.#payouts.lookAtHandOver(transfer);
  }

  /** What custody has is not failed, rejected or canceled here, unless custody says so too. */
  #lookAtEnd({ id, status }: TransferRow, there: CustodyTransfer): void {
    // A database that was set back cannot know better; that is why it may move no money.
    if (this.#world.restored === 'silently') return;
    if (OVER.includes(status) && there.status !== 'Failed' && there.status !== 'Rejected')
      throw new Broken('unknown is never failed', `${id} is ${status}, and custody has ${there.id} as ${there.status}`);
    if (status === 'confirmed' && there.status !== 'Confirmed')
      throw new Broken('confirmed is custody’s word', `${id}, and custody has ${there.id} as ${there.status}`);
  }

  #lookAtLimits(transfers: readonly TransferRow[]): void {
    const sums = new Map<string, bigint>();
    for (const transfer of transfers) {
      const isGivenBack =
        transfer.status === 'rejected' ||
        transfer.status === 'canceled' ||
        (transfer.status === 'failed' && transfer.custody_id === null);
      const { limitDayId, accountLimitDayId } = asFacts(transfer.facts);
      for (const day of isGivenBack ? [] : [limitDayId, accountLimitDayId])
        if (day) sums.set(day, (sums.get(day) ?? 0n) + BigInt(transfer.units));
    }
    for (const { id, reserved } of this.#world.product.all<{ id: string; reserved: string }>(
      'SELECT id, reserved FROM limit_days',
    ))
      if (BigInt(reserved) !== (sums.get(id) ?? 0n))
        throw new Broken(
          'a limit counts what is under way or done',
          `${id} says ${reserved}, it is ${sums.get(id) ?? 0n}`,
        );
  }

  #custodyTransfers = (): Map<string, CustodyTransfer> =>
    new Map(
      this.#world.custodyState
        .all<CustodyTransfer>(
          'SELECT seq, id, wallet_id, external_id, status FROM transfers WHERE external_id IS NOT NULL',
        )
        .map((transfer) => [transfer.external_id ?? '', transfer]),
    );

  /** A request to move money, as its bytes reach custody: somebody must have committed exactly this before. */
  #watchSending(method: string, path: string, body: string): void {
    const walletId = /^\/wallets\/([^/]+)\/transfers$/.exec(path)?.[1];
    if (method !== 'POST' || walletId === undefined) return;
    const { externalId } = JSON.parse(body);
    const sent = (this.#sent.get(externalId) ?? 0) + 1;
    this.#sent.set(externalId, sent);
    const intent = this.#world.product.first<TransferRow>('SELECT * FROM transfers WHERE external_id = ?', externalId);
    const problem =
      intent === undefined
        ? 'nobody intended it'
        : intent.request_body !== body || intent.custody_wallet_id !== walletId
          ? 'another body was committed'
          : sent > (this.#committed.get(externalId) ?? 0)
            ? `${sent} calls`
            : undefined;
    if (problem !== undefined)
      this.#broken ??= new Broken(
        'custody is asked for what was committed before, byte by byte',
        `${externalId}: ${problem}`,
      );
  }

  /** After anything that reached custody, or happened there. */
  lookAtCustody(): void {
    const fresh = this.#world.custodyState.all<CustodyTransfer>(
      'SELECT seq, id, wallet_id, external_id, status FROM transfers WHERE seq > ? ORDER BY seq',
      this.#custodySeen,
    );
    for (const transfer of fresh) {
      this.#custodySeen = transfer.seq;
      this.#lookAtNew(transfer);
    }
  }

  #lookAtNew(transfer: CustodyTransfer): void {
    const { id, external_id: externalId, status } = transfer;
    const wish = externalId === null ? undefined : this.#wishes.get(externalId);
    if (wish === undefined || externalId === null)
      throw new Broken('every transfer at custody was intended', `${id} under ${externalId}`);
    if (status === 'Rejected') return;
    const paid = this.#paid.get(rowOf(wish));
    if (paid !== undefined && wish !== rowOf(wish)) this.#payouts.lookAtAgain(paid, transfer, wish);
    else if (paid !== undefined) throw new Broken('a wish is paid once', `${paid} and ${id} are both for ${wish}`);
    this.#paid.set(rowOf(wish), id);
    const ours = this.#world.product.first<{ id: string; status: string }>(
      'SELECT id, status FROM transfers WHERE external_id = ?',
      externalId,
    );
    if (this.#world.restored !== 'silently' && ours !== undefined && OVER.includes(ours.status))
      throw new Broken('unknown is never failed', `${ours.id} was ${ours.status} when custody took ${id}`);
  }
}
