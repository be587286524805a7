// The main job, over HTTP, once. Each step reads before it creates, so a second run verifies everything and moves nothing.

import { Person, type Stage } from './person.ts';

export class StoryFailed extends Error {
  override readonly name = 'StoryFailed';
}

const NETWORK = 'EthereumSepolia';
const USDC_CONTRACT = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
const USDC = `${NETWORK}/${USDC_CONTRACT}`;
const EXCHANGE = '0x52908400098527886E0F7030069857D2E4169EE7';
const ETHER = '1000000000000000000';
const DEPOSIT = '25000000';
const ORDER = '10000000';
/** Longer than the product waits before it repeats a creation whose answer a stop may have swallowed. */
const WAIT_MILLISECONDS = 180_000;
const POLL_MILLISECONDS = 250;
const TICK_MILLISECONDS = 5_000;
const SLOT_DELAY_MILLISECONDS = 2_000;
/** By this the story knows its own mandate again, whatever else was granted since. */
const STRATEGY = 'The story: fund the exchange once.';
const YEAR_MILLISECONDS = 365 * 86_400_000;

interface Wallet {
  readonly custodyId: string | null;
  readonly address: string | null;
}
interface Record {
  readonly id: string;
  readonly status: string;
}
interface Account extends Record {
  readonly reason: string | null;
  readonly wallets: readonly Wallet[];
}
interface Destination extends Record {
  readonly address: string;
  readonly reason: string | null;
  readonly review: { readonly approvalId: string } | null;
}
interface Mandate extends Record {
  readonly strategy: string;
}
interface Schedule extends Record {
  readonly runsMax: number | null;
  readonly mandateId: string;
  readonly nextSlot: string | null;
}
interface Order extends Record {
  readonly slot: string;
  readonly transactionHash: string | null;
  readonly reason: string | null;
}
interface Line {
  readonly direction: string;
  readonly orderId: string | null;
  readonly transactionHash: string;
  readonly amount: { readonly formatted: string };
  readonly destination: string | null;
}
interface List<T> {
  readonly items: readonly T[];
}
interface Statement {
  readonly lines: readonly Line[];
  readonly assets: readonly { readonly asset: string; readonly closing: string; readonly formatted: string }[];
}
interface Balances {
  readonly wallets: readonly {
    readonly balances: readonly { readonly asset: string; readonly units: string; readonly formatted: string }[];
  }[];
}
interface Restrictions {
  readonly destinations: readonly { readonly address: string }[];
  readonly limits: readonly { readonly says: string }[];
  readonly fence: { readonly result: string };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const ALREADY_DECIDED = 422;

/** The officer's decision; one that was made before a stop stands, and its outcome is on its way. */
async function approve(stage: Stage, approvalId: string): Promise<void> {
  const path = `/approvals/${approvalId}/decide`;
  await control(stage, path, { user: 'compliance-1', value: 'Approved' }, [ALREADY_DECIDED]);
}

async function control(stage: Stage, path: string, body: object, tolerated: readonly number[] = []): Promise<void> {
  const answer = await fetch(`${stage.sandboxUrl}/_sandbox${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok && !tolerated.includes(answer.status))
    throw new Error(`the sandbox answered ${answer.status} to ${path}: ${await answer.text()}`);
}

/** Polls until there is an answer, firing the cron now and then, as its minutes would. */
async function until<T>(stage: Stage, what: string, look: () => Promise<T | undefined>): Promise<T> {
  const started = Date.now();
  let ticked = started;
  while (Date.now() - started < WAIT_MILLISECONDS) {
    const found = await look();
    if (found !== undefined) return found;
    await pause(POLL_MILLISECONDS);
    if (Date.now() - ticked > TICK_MILLISECONDS) {
      ticked = Date.now();
      await stage.tick();
    }
  }
  throw new Error(`${what} did not happen within ${WAIT_MILLISECONDS / 1000} seconds`);
}

let step = 0;
async function act<T>(what: string, action: () => Promise<{ value: T; says: string }>): Promise<T> {
  step += 1;
  try {
    const { value, says } = await action();
    console.log(`${String(step).padStart(2)}. ${what}: ${says}`);
    return value;
  } catch (fault) {
    throw new StoryFailed(
      `story: failed at step ${step}, "${what}": ${fault instanceof Error ? fault.message : fault}`,
    );
  }
}

export async function tellStory(stage: Stage): Promise<void> {
  step = 0;
  const [client, operator] = await Promise.all([
    Person.signedIn(stage, 'client-1'),
    Person.signedIn(stage, 'operator-1'),
  ]);
  const account = await openAccount(stage, client);
  await fundsArrive(stage, client, account);
  const destination = await askForExchange(stage, client);
  const approved = await officerApproves(stage, client, destination);
  const mandate = await grantMandate(client, approved);
  const schedule = await makeSchedule(operator, mandate);
  const order = await cronFires(stage, operator, schedule);
  await statementShows(stage, client, order);
  await restrictionsShow(client);
}

const openAccount = (stage: Stage, client: Person) =>
  act('A client opens an account', async () => {
    const known = await client.find<Account>('/accounts/me');
    if (known === undefined) await client.post<Account>('/accounts', { networks: [NETWORK] });
    const account = await until(stage, 'the opening', async () => {
      const found = await client.read<Account>('/accounts/me');
      if (found.status === 'failed') throw new Error(`the opening failed: ${found.reason}`);
      return found.status === 'active' ? found : undefined;
    });
    return { value: account, says: `${account.id} is active, deposits go to ${account.wallets[0]?.address}` };
  });

const balanceOf = async (client: Person): Promise<{ units: string; formatted: string } | undefined> =>
  (await client.read<Balances>('/accounts/me/balances')).wallets[0]?.balances.find(
    ({ asset, units }) => asset === USDC && units !== '0',
  );

const fundsArrive = (stage: Stage, client: Person, account: Account) =>
  act('Funds arrive', async () => {
    const wallet = account.wallets[0]?.custodyId;
    const known = await balanceOf(client);
    if (known === undefined) {
      await control(stage, `/wallets/${wallet}/fund`, { kind: 'Native', amount: ETHER });
      await control(stage, `/wallets/${wallet}/fund`, { kind: 'Erc20', contract: USDC_CONTRACT, amount: DEPOSIT });
    }
    const balance = await until(stage, 'the deposit', () => balanceOf(client));
    return { value: undefined, says: `the wallet holds ${balance.formatted}` };
  });

const findExchange = async (client: Person): Promise<Destination | undefined> =>
  (await client.read<List<Destination>>('/accounts/me/destinations')).items.find(
    ({ address }) => address.toLowerCase() === EXCHANGE.toLowerCase(),
  );

const askForExchange = (stage: Stage, client: Person) =>
  act('It asks for the address of its exchange', async () => {
    const known = await findExchange(client);
    const asked =
      known ??
      (await client.post<Destination>('/accounts/me/destinations', {
        network: NETWORK,
        address: EXCHANGE,
        label: 'Exchange',
        kind: 'exchange',
      }));
    const destination = await until(stage, 'the review', async () => {
      const found = await client.read<Destination>(`/destinations/${asked.id}`);
      if (['refused', 'rejected', 'failed', 'expired'].includes(found.status))
        throw new Error(`it was ${found.status}: ${found.reason}`);
      if (['removing', 'removed', 'suspended', 'withdrawn'].includes(found.status)) {
        throw new Error(`it is ${found.status}: the story needs it; delete .wrangler/state to begin anew`);
      }
      return found.status === 'requested' ? undefined : found;
    });
    return {
      value: destination,
      says: destination.review
        ? `an officer is asked in ${destination.review.approvalId}`
        : `it is ${destination.status}`,
    };
  });

const officerApproves = (stage: Stage, client: Person, destination: Destination) =>
  act('The officer approves inside custody', async () => {
    if (destination.review !== null) await approve(stage, destination.review.approvalId);
    const approved = await until(stage, 'the approval', async () => {
      const found = await client.read<Destination>(`/destinations/${destination.id}`);
      return found.status === 'approved' ? found : undefined;
    });
    return { value: approved, says: `${approved.address} was read back on the list` };
  });

const grantMandate = (client: Person, destination: Destination) =>
  act('It grants a mandate', async () => {
    const { items } = await client.read<List<Mandate>>('/accounts/me/mandates');
    const known = items.findLast(({ strategy }) => strategy === STRATEGY);
    const mandate =
      known ??
      (await client.post<Mandate>('/accounts/me/mandates', {
        venue: 'Exchange',
        destinationId: destination.id,
        limits: [{ asset: USDC, perOrder: ORDER, perDay: ORDER }],
        validUntil: new Date(Date.now() + YEAR_MILLISECONDS).toISOString(),
        strategy: STRATEGY,
      }));
    return { value: mandate, says: `${mandate.id} is ${mandate.status}` };
  });

const makeSchedule = (operator: Person, mandate: Mandate) =>
  act('The desk makes a schedule with one slot', async () => {
    const { items } = await operator.read<List<Schedule>>('/schedules?limit=200');
    const known = items.findLast(({ mandateId, runsMax }) => mandateId === mandate.id && runsMax === 1);
    const schedule =
      known ??
      (await operator.post<Schedule>('/schedules', {
        kind: 'trade_funding',
        mandateId: mandate.id,
        asset: USDC,
        amount: { units: ORDER },
        recurrence: { kind: 'days', every: 1 },
        startAt: new Date(Date.now() + SLOT_DELAY_MILLISECONDS).toISOString(),
        runsMax: 1,
      }));
    return {
      value: schedule,
      says: schedule.nextSlot === null ? `${schedule.id} has had it` : `${schedule.id} is due at ${schedule.nextSlot}`,
    };
  });

const cronFires = (stage: Stage, operator: Person, schedule: Schedule) =>
  act('The cron fires and the transfer confirms', async () => {
    if (schedule.nextSlot !== null) {
      await pause(Math.max(0, Date.parse(schedule.nextSlot) - Date.now() + 1));
      await stage.tick();
    }
    const order = await until(stage, 'the transfer', async () => {
      const { items } = await operator.read<List<Order>>(`/orders?scheduleId=${schedule.id}`);
      if (items.length > 1) throw new Error(`the one slot made ${items.length} orders`);
      const [found] = items;
      if (found !== undefined && ['failed', 'rejected', 'blocked', 'skipped', 'canceled'].includes(found.status)) {
        throw new Error(`the order was ${found.status}: ${found.reason}`);
      }
      return found?.status === 'executed' ? found : undefined;
    });
    return { value: order, says: `${order.id} in ${order.transactionHash}` };
  });

const statementShows = (stage: Stage, client: Person, order: Order) =>
  act('The statement shows it', async () => {
    const from = new Date(Date.parse(order.slot) - YEAR_MILLISECONDS).toISOString();
    const { line, statement } = await until(stage, 'the line', async () => {
      const to = new Date(Date.now() + YEAR_MILLISECONDS).toISOString();
      const found = await client.read<Statement>(`/accounts/me/statement?from=${from}&to=${to}`);
      const ours = found.lines.filter(({ orderId }) => orderId === order.id);
      if (ours.length > 1) throw new Error(`${ours.length} transfers left the account for one order`);
      return ours[0] === undefined ? undefined : { line: ours[0], statement: found };
    });
    const closing = statement.assets.find(({ asset }) => asset === USDC);
    return { value: undefined, says: `${line.amount.formatted} to ${line.destination}, ${closing?.formatted} left` };
  });

const restrictionsShow = (client: Person) =>
  act('The restrictions hold', async () => {
    const { destinations, limits, fence } = await client.read<Restrictions>('/accounts/me/restrictions');
    if (fence.result !== 'intact') throw new Error(`the fence is ${fence.result}`);
    return {
      value: undefined,
      says: `${destinations.length} approved destination, ${limits.map(({ says }) => says).join(' ')} The fence is intact.`,
    };
  });
