// Sanctions screening through the doors: loading a list, a request held against it, a new list that names what stands.
import { beforeEach, describe, expect, it } from 'vitest';
import { readFiles } from '../../scripts/screening/files.ts';
import { type Api, loadList } from '../../scripts/screening/load.ts';
import { EXCHANGE, OTHER_EXCHANGE, openWorld, type World } from '../support/world.ts';

/** On nobody's list, and the same in EIP-55 form. */
const LISTED = '0xde709f2102306220921060314715629080e2fb77';
const FILLER = Array.from({ length: 1200 }, (_, n) => `0x${(n + 0x10000).toString(16).padStart(40, '7')}`);

let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const apiOf = (as = 'admin-1'): Api => ({
  get: async (path) => (await world.get(as, path)).body,
  post: (path, body) => world.must(as, path, body),
});
const entriesOf = (...addresses: readonly string[]) => {
  const { entries, problems } = readFiles([{ name: 'sanctioned_addresses_ETH.txt', text: addresses.join('\n') }]);
  if (problems.length > 0) throw new Error(problems.join());
  return entries;
};
const load = (edition: string, ...addresses: readonly string[]) =>
  loadList(apiOf(), { edition, entries: entriesOf(...addresses) });
const request = (address: string, client = 'client-1') =>
  world.post(client, '/v1/accounts/me/destinations', {
    network: 'EthereumSepolia',
    address,
    label: 'Exchange',
    kind: 'exchange',
  });
const lists = async () => (await world.get('compliance-1', '/v1/screening-lists')).body.items;
const hits = async () =>
  (await world.get('compliance-1', '/v1/incidents')).body.items.filter(
    ({ kind }: { kind: string }) => kind === 'sanctions_hit',
  );
const seenByStaff = async (id: string) => (await world.get('compliance-1', `/v1/destinations/${id}`)).body;
const noAddressLogged = () => {
  const logged = JSON.stringify(world.logged).toLowerCase();
  for (const address of [LISTED, EXCHANGE, OTHER_EXCHANGE]) expect(logged).not.toContain(address);
};

describe('the files of a sanctions list', () => {
  const file = (asset: string, ...lines: readonly string[]) => ({
    name: `sanctioned_addresses_${asset}.txt`,
    text: lines.join('\n'),
  });
  const BITCOIN = '1AGNa15ZQXAZUgFiqJ2i7Z2DPU2J6hW62i';
  const SOLANA = 'HN7cABqLq46Es1jh92dQQisAq662SmxELLLsHHe4YWrH';
  // The null account of https://developers.tron.network/docs/account
  const TRON = 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb';

  it('are read by the asset in their names, with comments, blanks and line ends of any system', () => {
    const { entries, passedOver, problems } = readFiles([
      file('ETH', '# published yesterday', '', `${EXCHANGE.toUpperCase().replace('0X', '0x')}\r`, '  '),
      file('XBT', BITCOIN, 'BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4'),
      file('SOL', SOLANA),
      file('USDT', OTHER_EXCHANGE, BITCOIN, TRON),
      file('XMR', 'of a network that is not served'),
    ]);
    expect(problems).toEqual([]);
    expect(entries).toEqual([
      { family: 'evm', address: EXCHANGE },
      { family: 'bitcoin', address: BITCOIN },
      { family: 'bitcoin', address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4' },
      { family: 'solana', address: SOLANA },
      { family: 'evm', address: OTHER_EXCHANGE },
      { family: 'bitcoin', address: BITCOIN },
    ]);
    expect(passedOver).toEqual([
      { name: 'sanctioned_addresses_USDT.txt', lines: 1 },
      { name: 'sanctioned_addresses_XMR.txt', lines: 1 },
    ]);
  });

  it('with a bad line are refused by the name of the file and the number of the line', () => {
    const { problems } = readFiles([
      file('ETH', '# one', EXCHANGE.slice(0, -1), EXCHANGE, BITCOIN),
      file('XBT', `${BITCOIN.slice(0, -1)}j`, `${TRON.slice(0, -1)}c`),
      file('NEW', EXCHANGE),
      { name: 'list.csv', text: EXCHANGE },
    ]);
    expect(problems).toEqual([
      'sanctioned_addresses_ETH.txt, line 2: not an address of ETH',
      'sanctioned_addresses_ETH.txt, line 4: not an address of ETH',
      'sanctioned_addresses_XBT.txt, line 1: not an address of XBT',
      'sanctioned_addresses_XBT.txt, line 2: not an address of XBT',
      'sanctioned_addresses_NEW.txt: the name does not end in a known asset, such as _ETH.txt',
      'list.csv: the name does not end in a known asset, such as _ETH.txt',
    ]);
  });
});

describe('a sanctions list', () => {
  it('is loaded in parts, put in force as a whole, and read by staff', async () => {
    const loaded = await load('2031-03-01', LISTED.toUpperCase().replace('0X', '0x'), ...FILLER, LISTED);
    await world.settle();
    expect(await lists()).toMatchObject([
      { id: loaded.id, status: 'active', edition: '2031-03-01', addressCount: 1201, rescreenedAt: expect.any(String) },
    ]);
    expect(await world.rows('SELECT count(*) AS n FROM screening_addresses')).toEqual([{ n: 1201 }]);
    const { body } = await world.get('auditor-1', `/v1/journal?subjectId=${loaded.id}`);
    expect(body.items.map(({ kind }: { kind: string }) => kind)).toEqual([
      'screening_list.rescreened',
      'screening_list.active',
      'screening_list.received',
      'screening_list.received',
      'screening_list.received',
      'screening_list.loading',
    ]);
    expect(body.items.at(-1)).toMatchObject({ actor: expect.stringContaining('admin-1') });
    expect((await world.get('client-1', '/v1/screening-lists')).status).toBe(403);
    expect((await world.post('compliance-1', '/v1/screening-lists', {})).status).toBe(403);
  });

  it('with the same content is not loaded again, however its files were cut', async () => {
    const first = await load('one', LISTED, EXCHANGE);
    const again = await load('two', EXCHANGE, LISTED, LISTED);
    expect(again).toMatchObject({ id: first.id, edition: 'one' });
    expect(await lists()).toHaveLength(1);
  });

  it('of which a part never arrived is not put in force', async () => {
    const before = await load('before', LISTED);
    let calls = 0;
    const breaking: Api = {
      ...apiOf(),
      post: async (path, body) => {
        calls += 1;
        if (calls > 2) throw new Error('the line is cut');
        return apiOf().post(path, body);
      },
    };
    const entries = entriesOf(...FILLER);
    await expect(loadList(breaking, { edition: 'after', entries })).rejects.toThrow('the line is cut');
    expect(await lists()).toMatchObject([
      { status: 'loading', edition: 'after' },
      { id: before.id, status: 'active' },
    ]);
    const [{ id }] = await lists();
    expect(await world.post('admin-1', `/v1/screening-lists/${id}/activate`)).toMatchObject({
      status: 409,
      body: { code: 'screening_list_incomplete', wanted: 1200, received: 500 },
    });
    // The next load begins anew and is whole.
    await load('after', ...FILLER);
    expect(await lists()).toMatchObject([{ status: 'active' }, { status: 'loading' }, { status: 'superseded' }]);
  });

  it('whose content is not what was announced is not put in force', async () => {
    const { id } = await world.must('admin-1', '/v1/screening-lists', {
      edition: 'x',
      hash: '0'.repeat(64),
      addressCount: 1,
    });
    await world.must('admin-1', `/v1/screening-lists/${id}/addresses`, { family: 'evm', addresses: [LISTED] });
    expect(await world.post('admin-1', `/v1/screening-lists/${id}/activate`)).toMatchObject({
      status: 422,
      body: { code: 'screening_list_differs' },
    });
    expect((await lists())[0].status).toBe('loading');
  });

  it('takes no entry that is no address, none behind its activation, and none by hand', async () => {
    const { id } = await load('x', LISTED);
    const add = (to: string, address: string) =>
      world.post('admin-1', `/v1/screening-lists/${to}/addresses`, { family: 'evm', addresses: [EXCHANGE, address] });
    expect(await add(id, OTHER_EXCHANGE)).toMatchObject({ status: 409, body: { code: 'wrong_status' } });
    const announced = { edition: 'y', hash: '0'.repeat(64), addressCount: 2 };
    const next = await world.must('admin-1', '/v1/screening-lists', announced);
    const refused = await add(next.id, 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4');
    expect(refused).toMatchObject({ status: 400, body: { fields: [{ field: 'addresses.1' }] } });
    for (const statement of [
      `INSERT INTO screening_addresses VALUES ('${id}', 'evm', '${EXCHANGE}')`,
      'DELETE FROM screening_addresses',
      "UPDATE screening_addresses SET address = 'x'",
    ])
      await expect(world.rows(statement)).rejects.toThrow('screening_addresses');
  });

  it('loaded by two at once: both are whole and one is in force', async () => {
    await Promise.all([load('one', ...FILLER, LISTED), load('two', ...FILLER, EXCHANGE)]);
    const statuses = (await lists()).map(({ status }: { status: string }) => status).sort();
    expect(statuses).toEqual(['active', 'superseded']);
    const counted = await world.rows('SELECT count(*) AS n FROM screening_addresses GROUP BY list_id');
    expect(counted).toEqual([{ n: 1201 }, { n: 1201 }]);
  });
});

describe('a request for an address', () => {
  it('on the list is refused before custody hears of it, and the hit is recorded', async () => {
    await world.openAccount();
    const list = await load('2031-03-01', LISTED);
    const answer = await request('0xde709F2102306220921060314715629080e2FB77'.toLowerCase());
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'address_sanctioned', title: 'The address was refused by compliance screening.' },
    });
    const { destinationId } = answer.body;
    await world.settle();
    expect(await world.rows('SELECT * FROM policy_changes')).toEqual([]);
    expect(await seenByStaff(destinationId)).toMatchObject({ status: 'refused', isSanctioned: true });
    const seen = await world.destination('client-1', destinationId);
    expect(seen).toMatchObject({ status: 'refused', reason: 'Refused by compliance screening.' });
    expect(seen).not.toHaveProperty('isSanctioned');
    expect(await hits()).toMatchObject([{ about: destinationId, detail: expect.stringContaining(list.hash) }]);
    expect((await hits())[0].detail).not.toContain(LISTED);
    const { body } = await world.get('auditor-1', `/v1/journal?subjectId=${destinationId}`);
    expect(body.items).toMatchObject([
      {
        kind: 'destination.refused',
        data: { after: { sanctionsHit: { listId: list.id, edition: '2031-03-01', hash: list.hash } } },
      },
    ]);
    noAddressLogged();
    expect(world.logged.map(({ event }) => event)).toContain('screening.hit');
  });

  it('is recorded once for each list, however often it is asked for', async () => {
    await world.openAccount();
    await load('one', LISTED);
    const first = await request(LISTED);
    const again = await request(LISTED);
    expect([first.status, again.status]).toEqual([422, 422]);
    expect(again.body.destinationId).toBe(first.body.destinationId);
    await load('two', LISTED, EXCHANGE);
    const later = await request(LISTED);
    expect(later).toMatchObject({ status: 422 });
    expect(later.body.destinationId).not.toBe(first.body.destinationId);
    expect(await hits()).toHaveLength(2);
  });

  it('not on it carries the edition and hash of the list that it was held against', async () => {
    await world.openAccount();
    const unscreened = await world.ask('client-1', OTHER_EXCHANGE);
    expect(unscreened.screening).toBeNull();
    const list = await load('2031-03-01', LISTED);
    const asked = await world.ask('client-1', EXCHANGE);
    const screening = { edition: '2031-03-01', hash: list.hash, screenedAt: world.at };
    expect(asked.screening).toEqual(screening);
    await world.settle();
    expect((await world.destination('client-1', asked.id)).screening).toEqual(screening);
  });

  it('is held against the list that comes into force while it is being judged', async () => {
    await world.openAccount();
    await load('one', LISTED);
    // Between the look-up and the commit another list is put in force.
    let isFirst = true;
    const { database } = world.app;
    const batch = database.batch.bind(database);
    Object.defineProperty(database, 'batch', {
      configurable: true,
      value: async (statements: Parameters<typeof batch>[0]) => {
        const answer = await batch(statements);
        if (isFirst) {
          isFirst = false;
          await load('two', LISTED, EXCHANGE);
        }
        return answer;
      },
    });
    expect(await request(EXCHANGE)).toMatchObject({ status: 422, body: { code: 'address_sanctioned' } });
    expect(isFirst).toBe(false);
  });

  it('is refused while no list is in force, where screening is required', async () => {
    await world.openAccount();
    Object.defineProperty(world.app, 'config', { value: { ...world.app.config, isScreeningRequired: true } });
    expect(await request(EXCHANGE)).toMatchObject({ status: 503, body: { code: 'screening_unavailable' } });
    await load('one', LISTED);
    expect((await request(EXCHANGE)).status).toBe(202);
  });
});

describe('a new sanctions list', () => {
  it('suspends an approved destination that it names, at once and for good', async () => {
    await world.openAccount();
    const { id } = await world.approved('client-1', LISTED);
    const clean = await world.approved('client-1', EXCHANGE);
    const list = await load('2031-03-01', LISTED);
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({
      status: 'suspended',
      reason: 'Suspended by compliance screening.',
    });
    expect((await world.destination('client-1', clean.id)).status).toBe('approved');
    const { body } = await world.get('auditor-1', `/v1/journal?subjectId=${id}`);
    expect(body.items[0]).toMatchObject({
      kind: 'destination.suspended',
      data: { after: { suspendedBy: 'screening', sanctionsHit: { hash: list.hash } } },
    });
    expect(await hits()).toMatchObject([{ about: id }]);
    const { body: restrictions } = await world.get('client-1', '/v1/accounts/me/restrictions');
    expect(restrictions.fence.result).toBe('intact');
    noAddressLogged();
  });

  it('refuses a request that waits, and withdraws its change', async () => {
    await world.openAccount();
    const ahead = await world.ask('client-1', EXCHANGE);
    await world.settle();
    const { id } = await world.ask('client-1', LISTED);
    await load('2031-03-01', LISTED);
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({
      status: 'refused',
      reason: 'Refused by compliance screening.',
    });
    expect(await world.rows('SELECT status FROM policy_changes WHERE destination_id = ?', id)).toEqual([
      { status: 'withdrawn' },
    ]);
    expect((await world.destination('client-1', ahead.id)).status).toBe('in_review');
  });

  it('marks what an officer decides about; approved all the same, it comes out suspended', async () => {
    await world.openAccount();
    const { id } = await world.ask('client-1', LISTED);
    await world.settle();
    await load('2031-03-01', LISTED);
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'in_review' });
    expect(await seenByStaff(id)).toMatchObject({ isSanctioned: true });
    expect(await hits()).toMatchObject([{ about: id, detail: expect.stringContaining('deny the request') }]);
    // A client reads nothing of it before it is decided.
    const { body } = await world.get('client-1', '/v1/accounts/me/activity');
    expect(JSON.stringify(body)).not.toMatch(/sanction|flagged/);
    await world.decide((await world.destination('client-1', id)).review.approvalId, 'Approved');
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'suspended' });
    expect((await world.get('client-1', '/v1/accounts/me/restrictions')).body.fence.result).toBe('intact');
  });

  it('stops a change that is being handed to custody and was not heard of', async () => {
    const { policyId } = (await openedRestrictions()).custodyList;
    let puts = 0;
    world.perturb('replaceApprovedList', () => async () => {
      puts += 1;
      return { kind: 'unknown', reason: 'lost before it arrived' };
    });
    const { id } = await world.ask('client-1', LISTED);
    await world.settle();
    await load('2031-03-01', LISTED);
    await world.settle();
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'requested' });
    await world.advance(120);
    await world.settle();
    expect(puts).toBe(1);
    expect(await world.destination('client-1', id)).toMatchObject({ status: 'refused' });
    expect((await world.app.custody.findPolicy(policyId))?.pendingChange).toBeUndefined();
  });

  it('goes over everything that stands, in slices, whatever is delivered twice or lost', async () => {
    const { accountId } = await openedRestrictions();
    const facts = JSON.stringify({ changeId: 'chg_1', approvedAt: world.at, screening: null });
    const insert = `INSERT INTO destinations (id, version, status, facts, created_at, account_id, network, address, label, kind)
      SELECT 'dst_' || printf('%026d', value), 1, 'approved', ?, ?, ?, 'EthereumSepolia', printf('0x%040d', value), 'x', 'other'
      FROM generate_series(1000, 1449)`;
    await world.rows(insert.replace('generate_series(1000, 1449)', SERIES), facts, world.at, accountId);
    await world.rows(
      `INSERT INTO journal (id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
       SELECT 'jnl_' || id, id, 1, 'x', account_id, 'x', 'x', 'x', created_at, '{}', ? FROM destinations`,
      '0'.repeat(64),
    );
    const address = (n: number) => `0x${String(n).padStart(40, '0')}`;
    await load('2031-03-01', address(1000), address(1199), address(1200), address(1449));
    // The first message is lost; the sweep finds the work; each slice is delivered twice at once.
    await world.rows('DELETE FROM outbox');
    world.queued = [];
    await world.tick('*/15 * * * *');
    for (let round = 0; round < 20; round += 1) {
      const rescreening = world.queued.filter(({ body }) => JSON.stringify(body).includes('screening.rescreen'));
      world.queued = [];
      for (const queued of rescreening) await Promise.all([world.carryOut(queued), world.carryOut(queued)]);
    }
    const suspended = await world.rows("SELECT address FROM destinations WHERE status = 'suspended' ORDER BY id");
    expect(suspended.map((row) => row.address)).toEqual([1000, 1199, 1200, 1449].map(address));
    expect(await hits()).toHaveLength(4);
    expect((await lists())[0].rescreenedAt).not.toBeNull();
  });
});

const SERIES = `(WITH RECURSIVE series(value) AS (SELECT 1000 UNION ALL SELECT value + 1 FROM series WHERE value < 1449)
  SELECT value FROM series)`;

async function openedRestrictions() {
  await world.openAccount();
  return (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
}

describe('a look-alike', () => {
  const FORGED = `${EXCHANGE.slice(0, 6)}${'7'.repeat(32)}${EXCHANGE.slice(-4)}`;

  it('of a living destination is marked for client and staff, and not refused', async () => {
    await world.openAccount();
    expect((await world.ask('client-1', EXCHANGE)).looksLike).toEqual([]);
    const asked = await world.ask('client-1', FORGED);
    const mark = [{ address: '0x52908400098527886E0F7030069857D2E4169EE7', what: 'destination' }];
    expect(asked).toMatchObject({ status: 'requested', looksLike: mark });
    await world.settle();
    expect((await world.destination('client-1', asked.id)).looksLike).toEqual(mark);
    expect((await seenByStaff(asked.id)).looksLike).toEqual(mark);
  });

  it('of an own wallet and of who paid the account is marked, of another account’s destination is not', async () => {
    const account = await world.openAccount();
    await world.fund(account, '5');
    await world.settle();
    const [paid] = await world.rows('SELECT from_address AS address FROM movements');
    const [wallet] = await world.rows('SELECT address FROM wallets');
    const like = (address: string) => `${address.slice(0, 6)}${'7'.repeat(32)}${address.slice(-4)}`;
    expect((await world.ask('client-1', like(wallet.address))).looksLike).toMatchObject([{ what: 'wallet' }]);
    expect((await world.ask('client-1', like(paid.address))).looksLike).toMatchObject([{ what: 'counterparty' }]);
    await world.openAccount('client-2');
    await world.ask('client-2', EXCHANGE);
    expect((await world.ask('client-1', FORGED)).looksLike).toEqual([]);
  });
});
