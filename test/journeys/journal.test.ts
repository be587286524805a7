// The journal through the real doors: signed every five minutes, and whatever a hand at the database does to it afterwards is
// found and named.
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApp } from '../../src/app/app.ts';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { hashOfEntry, type PlacedEntry } from '../../src/domain/journal.ts';
import { openAttestor } from '../../src/kit/attestation-keys.ts';
import { CHECKPOINT, type CheckpointClaims } from '../../src/kit/checkpoint.ts';
import { commit } from '../../src/store/commit.ts';
import { ATTESTATION_KEY } from '../support/attestation-key.ts';
import { provenance, staff } from '../support/build.ts';
import type { Answer } from '../support/stage.ts';
import { ENTRIES, EXCHANGE, openWorld, type World } from '../support/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: answers are examined by the tests that asked for them
type Json = any;
const FIVE_MINUTES = '*/5 * * * *';
const SECRETS = { CHECKPOINT_TOKEN: 'checkpoint-token', SIEM_TOKEN: 'siem-token' };

let world: World;
const openedWith = async (settings: Readonly<Record<string, string>> = {}): Promise<World> => {
  world = await openWorld({ settings });
  return world;
};

async function signs(): Promise<void> {
  await world.tick(FIVE_MINUTES);
  await world.settle({ ticks: false, webhooks: false });
}

/** An account with what happened to it, under several checkpoints; the last entries are under none. */
async function grown(): Promise<Json> {
  const account = await world.openAccount();
  await signs();
  await world.approved('client-1');
  await signs();
  await world.ask('client-1', '0x8617e340b3d01fa5f11f306f4090fd50e238070d');
  await signs();
  await world.settle();
  return account;
}

const entries = (where = '', ...values: unknown[]): Promise<PlacedEntry[]> =>
  world.rows(`${ENTRIES} ${where} ORDER BY place`, ...values);
const checkpoints = (): Promise<Json[]> => world.rows('SELECT * FROM checkpoints ORDER BY sequence');
const verify = async (query = ''): Promise<Json> => {
  const { status, body } = await world.get('auditor-1', `/v1/journal/verify${query}`);
  expect(status).toBe(200);
  return body;
};

/** A hand at the database: no trigger stands in its way. */
async function byHand(...statements: readonly string[]): Promise<void> {
  const { results } = await env.DB.prepare(
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('journal', 'checkpoints')",
  ).all<{ name: string; sql: string }>();
  for (const { name } of results) await env.DB.prepare(`DROP TRIGGER ${name}`).run();
  for (const statement of statements) await env.DB.prepare(statement).run();
  for (const { sql } of results) await env.DB.prepare(sql).run();
}

/** An entry as somebody would rewrite it who knows how it is hashed. */
async function rewritten(entry: PlacedEntry, over: Partial<PlacedEntry>): Promise<string> {
  const hash = await hashOfEntry({ ...entry, ...over });
  const data = (over.data ?? entry.data).replaceAll("'", "''");
  return `UPDATE journal SET data = '${data}', hash = '${hash}' WHERE place = ${entry.place}`;
}

const archived = async (sequence: number): Promise<{ key: string; text: string }> => {
  const { objects } = await env.ARCHIVE.list({ prefix: `checkpoints/${String(sequence).padStart(12, '0')}/` });
  const [object] = objects;
  if (object === undefined) throw new Error(`no copy of ${sequence}`);
  return { key: object.key, text: (await (await env.ARCHIVE.get(object.key))?.text()) ?? '' };
};

/** The n-th entry that the second checkpoint covers. */
async function signedEntry(n: number): Promise<PlacedEntry> {
  const [, second] = await checkpoints();
  const [entry] = await entries('WHERE place = ?', second.from_place + n);
  if (entry === undefined) throw new Error('the second checkpoint covers fewer entries');
  return entry;
}

describe('a checkpoint', () => {
  beforeEach(() => openedWith());

  it('is signed over all new entries, names the one before it, and goes to the archive with their hashes', async () => {
    await grown();
    const [all, rows] = [await entries(), await checkpoints()];
    expect(all.map(({ place }) => place)).toEqual(all.map((_, index) => index + 1));
    expect(rows.length).toBe(3);
    for (const [index, row] of rows.entries()) {
      expect(row).toMatchObject({ sequence: index + 1, from_place: 1 + (rows[index - 1]?.to_place ?? 0) });
      const { jws, hashes } = JSON.parse((await archived(row.sequence)).text);
      expect(jws).toBe(row.jws);
      expect(hashes).toEqual(all.slice(row.from_place - 1, row.to_place).map(({ hash }) => hash));
    }
    expect(await verify()).toMatchObject({
      result: 'sound',
      broken: null,
      checkpoints: { from: 1, to: 3 },
      places: { from: 1, to: rows[2].to_place },
      unsigned: all.length - rows[2].to_place,
      notes: [],
      next: null,
    });
    expect(all.length).toBeGreaterThan(rows[2].to_place);
  });

  it('is not made when there is nothing new, and once when two runs meet', async () => {
    await world.openAccount();
    await Promise.all([world.tick(FIVE_MINUTES), world.tick(FIVE_MINUTES)]);
    await signs();
    expect(await checkpoints()).toHaveLength(1);
    expect(await verify()).toMatchObject({ result: 'sound', unsigned: 0 });
  });

  it('holds an entry whose id and time are older than those of entries signed before: it is placed by its commit', async () => {
    await world.openAccount();
    const [first] = await entries();
    await signs();
    const [{ to_place: end }] = await checkpoints();
    const old = provenance(() => `jnl_${'0'.repeat(26)}` as never, { at: '2031-03-01T00:00:00.000Z' });
    const late = { subjectId: 'late', version: 1, kind: 'late.committed', accountId: null, data: {} };
    await commit(world.app.database, { by: old, changes: [], bulk: { run: late, entries: [], writes: () => [] } });
    // A commit that is refused takes no place: the same version again.
    expect(
      await commit(world.app.database, {
        by: provenance(),
        changes: [],
        bulk: { run: late, entries: [], writes: () => [] },
      }),
    ).toMatchObject({ ok: false });
    await signs();
    const [entry] = await entries('WHERE subject_id = ?', 'late');
    expect(entry?.id.localeCompare(first?.id ?? '')).toBe(-1);
    expect(entry?.place).toBe(end + 1);
    expect((await checkpoints())[1]).toMatchObject({ from_place: end + 1, to_place: end + 1 });
    expect(await verify()).toMatchObject({ result: 'sound', unsigned: 0 });
  });

  it('is caught up with after an outage: several in one run, none larger than its bound', async () => {
    await world.openAccount();
    const [{ n: before }] = await world.rows('SELECT count(*) n FROM journal');
    await many(12_000);
    await signs();
    const sizes = (await checkpoints()).map(({ from_place: from, to_place: to }) => to - from + 1);
    expect(sizes).toEqual([5000, 5000, before + 2000]);
    const halfway = await verify();
    expect(halfway).toMatchObject({ result: 'sound', next: null, checkpoints: { from: 1, to: 3 } });
    await many(10_000, 'b');
    await signs();
    const first = await verify();
    expect(first).toMatchObject({ result: 'sound', places: { from: 1, to: 17_000 + before } });
    expect(await verify(`?from=${first.next}`)).toMatchObject({ result: 'sound', next: null, checkpoints: { to: 5 } });
  });

  it('whose copy or message is lost is kept all the same, and one that another takes the place of is told of', async () => {
    await world.openAccount();
    await world.tick(FIVE_MINUTES);
    world.queued = [];
    expect(await verify()).toMatchObject({ result: 'sound', notes: ['Checkpoint 1 is on its way to the archive.'] });
    await world.advance(180);
    await world.settle();
    expect((await archived(1)).text).toContain('"hashes"');
    expect(await verify()).toMatchObject({ result: 'sound', notes: [] });

    await env.ARCHIVE.put(`checkpoints/${'2'.padStart(12, '0')}/1.json`, '{"jws":"x","hashes":[]}');
    await world.ask('client-1', EXCHANGE);
    await signs();
    const { body } = await world.get('admin-1', '/v1/incidents');
    expect(body.items[0]).toMatchObject({
      kind: 'journal_broken',
      detail: expect.stringContaining('another checkpoint 2'),
    });
  });
});

/** Entries of subjects of their own, as rows: what the checkpoint binds is their hashes. */
async function many(count: number, prefix = 'a'): Promise<void> {
  const made: PlacedEntry[] = [];
  for (let n = 0; n < count; n += 1) {
    const entry = {
      ...{
        id: `jnl_${prefix}${n}`,
        subjectId: `${prefix}${n}`,
        version: 1,
        kind: 'x',
        accountId: null,
        walletId: null,
      },
      ...{ policyId: null, actor: 'a', actorRole: 'system', requestId: 'r', at: world.at, data: '{}' },
    };
    made.push({ ...entry, place: 0, hash: await hashOfEntry(entry) });
  }
  for (let from = 0; from < count; from += 2000) {
    await env.DB.prepare(
      `INSERT INTO journal (id, subject_id, version, kind, actor, actor_role, request_id, at, data, hash)
       SELECT value ->> 'id', value ->> 'subjectId', 1, 'x', 'a', 'system', 'r', value ->> 'at', '{}', value ->> 'hash' FROM json_each(?)`,
    )
      .bind(JSON.stringify(made.slice(from, from + 2000)))
      .run();
  }
}

describe('the journal after a hand at the database', () => {
  beforeEach(() => openedWith());

  it('with one byte changed is found broken at that entry', async () => {
    await grown();
    const entry = await signedEntry(1);
    await byHand(`UPDATE journal SET data = replace(data, '"', ' "') WHERE place = ${entry.place}`);
    expect(await verify()).toMatchObject({
      result: 'broken',
      broken: {
        what: 'changed',
        checkpoint: 2,
        place: entry.place,
        entryId: entry.id,
        says: expect.stringContaining('hash'),
      },
      checkpoints: { from: 1, to: 1 },
    });
    expect((await verify(`?to=${entry.place - 3}`)).checkpoints).toEqual({ from: 1, to: 1 });
  });

  it('with an entry exchanged together with its hash is found broken at that entry', async () => {
    await grown();
    const entry = await signedEntry(2);
    await byHand(await rewritten(entry, { data: '{"after":{},"before":{}}' }));
    expect((await verify()).broken).toMatchObject({
      what: 'changed',
      checkpoint: 2,
      place: entry.place,
      entryId: entry.id,
    });
  });

  it('with an entry removed is found broken at its place, also when the rest moves up', async () => {
    await grown();
    const entry = await signedEntry(1);
    await byHand(`DELETE FROM journal WHERE place = ${entry.place}`);
    expect((await verify()).broken).toMatchObject({ what: 'removed', checkpoint: 2, place: entry.place });
    await byHand(
      `UPDATE journal SET place = -place WHERE place > ${entry.place}`,
      'UPDATE journal SET place = -place - 1 WHERE place < 0',
    );
    expect((await verify()).broken).toMatchObject({ what: 'removed', checkpoint: 2, place: entry.place });
  });

  it('with two entries swapped is found broken at the first, which names the other', async () => {
    await grown();
    const [one, other] = [await signedEntry(1), await signedEntry(4)];
    await byHand(
      `UPDATE journal SET place = -1 WHERE place = ${one.place}`,
      `UPDATE journal SET place = ${one.place} WHERE place = ${other.place}`,
      `UPDATE journal SET place = ${other.place} WHERE place = -1`,
    );
    expect((await verify()).broken).toMatchObject({
      what: 'swapped',
      place: one.place,
      says: expect.stringContaining(`place ${other.place}`),
    });
  });

  it('with an entry slipped in is found broken there', async () => {
    await grown();
    const at = (await signedEntry(2)).place;
    const forged = { ...(await signedEntry(2)), id: 'jnl_forged', subjectId: 'forged', version: 1 };
    await byHand(
      `UPDATE journal SET place = -place WHERE place >= ${at}`,
      'UPDATE journal SET place = -place + 1 WHERE place < 0',
      `INSERT INTO journal (place, id, subject_id, version, kind, account_id, actor, actor_role, request_id, at, data, hash)
       SELECT ${at}, 'jnl_forged', 'forged', 1, kind, account_id, actor, actor_role, request_id, at, data, '${await hashOfEntry({ ...forged, walletId: null, policyId: null })}' FROM journal WHERE place = ${at + 1}`,
    );
    expect((await verify()).broken).toMatchObject({ what: 'inserted', place: at, entryId: 'jnl_forged' });
  });

  it('with an unsigned entry removed is found broken, and nothing behind the gap is signed until a person looked', async () => {
    await grown();
    const last = (await entries()).at(-2);
    await byHand(`DELETE FROM journal WHERE place = ${last?.place}`);
    expect((await verify()).broken).toMatchObject({ what: 'removed', checkpoint: null, place: last?.place });
    await signs();
    await signs();
    const rows = await checkpoints();
    expect(rows.at(-1).to_place).toBe((last?.place ?? 0) - 1);
    const { body } = await world.get('admin-1', '/v1/incidents');
    expect(body.items.filter(({ kind }: Json) => kind === 'journal_broken')).toMatchObject([
      { about: String(last?.place), status: 'open' },
    ]);
  });

  it('with a checkpoint removed, from the middle or from the end, is found broken', async () => {
    await grown();
    await byHand('DELETE FROM checkpoints WHERE sequence = 3');
    expect((await verify()).broken).toMatchObject({ what: 'checkpoint_removed', checkpoint: 3 });
    await byHand('DELETE FROM checkpoints WHERE sequence = 1');
    expect((await verify()).broken).toMatchObject({ what: 'checkpoint_removed', checkpoint: 1 });
  });

  it('with a checkpoint of another key, or with other words beside it, is found forged', async () => {
    await grown();
    const [, second] = await checkpoints();
    await byHand("UPDATE checkpoints SET at = '2031-03-03T00:00:00.000Z' WHERE sequence = 2");
    expect((await verify()).broken).toMatchObject({ what: 'checkpoint_forged', checkpoint: 2 });
    const { privateKey } = await (await import('jose')).generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const key = JSON.stringify(await (await import('jose')).exportJWK(privateKey));
    const stranger = await openAttestor({ key, publicKeys: [] });
    const claims = claimsIn(second.jws);
    const forged = await stranger.signAs(CHECKPOINT, { ...claims, keyId: stranger.keyId });
    await byHand(
      `UPDATE checkpoints SET at = '${second.at}', jws = '${forged.jws}', hash = '${forged.hash}' WHERE sequence = 2`,
    );
    expect((await verify()).broken).toMatchObject({
      what: 'checkpoint_forged',
      says: expect.stringContaining('No key'),
    });
  });

  it('rewritten and signed anew with the right key is found forked: the archive holds what was signed', async () => {
    await grown();
    const rows = await checkpoints();
    const attestor = await openAttestor({ key: ATTESTATION_KEY, publicKeys: [] });
    const claims = { ...claimsIn(rows[2].jws), root: '0'.repeat(64) };
    const { jws, hash } = await attestor.signAs(CHECKPOINT, claims);
    await byHand(`UPDATE checkpoints SET root = '${claims.root}', jws = '${jws}', hash = '${hash}' WHERE sequence = 3`);
    expect((await verify()).broken).toMatchObject({ what: 'checkpoint_forked', checkpoint: 3 });

    const unlinked = await attestor.signAs(CHECKPOINT, { ...claimsIn(rows[2].jws), previousHash: '1'.repeat(64) });
    await byHand(
      `UPDATE checkpoints SET root = '${rows[2].root}', jws = '${unlinked.jws}', hash = '${unlinked.hash}' WHERE sequence = 3`,
    );
    expect((await verify()).broken).toMatchObject({ what: 'checkpoint_unlinked', checkpoint: 3 });
  });

  it('is found broken also where the archive was altered or emptied', async () => {
    await grown();
    const { key, text } = await archived(2);
    const { jws, hashes } = JSON.parse(text);
    for (const [altered, words] of [
      [JSON.stringify({ jws, hashes: [...hashes].reverse() }), 'not those that were signed'],
      [JSON.stringify({ jws, hashes: hashes.slice(1) }), 'not those that were signed'],
      [JSON.stringify({ jws: `${jws}x`, hashes }), 'did not sign'],
      ['{', 'cannot be read'],
    ] as const) {
      await env.ARCHIVE.put(key, altered);
      expect((await verify()).broken, words).toMatchObject({
        what: 'copy_altered',
        says: expect.stringContaining(words),
      });
    }
    await env.ARCHIVE.delete(key);
    expect(await verify()).toMatchObject({ result: 'sound' });
    await world.advance(3700);
    expect((await verify()).broken).toMatchObject({ what: 'copy_missing', checkpoint: 2 });
  });

  it('that was restored shows what was left behind; the same without a word of it in the journal is a fork', async () => {
    await grown();
    const { text } = await archived(3);
    await env.ARCHIVE.put(`checkpoints/${'3'.padStart(12, '0')}/before.json`, text);
    expect((await verify()).broken).toMatchObject({
      what: 'checkpoint_forked',
      says: expect.stringContaining('before'),
    });

    await openedWith();
    const restored = { subjectId: 'system', version: 1, kind: 'system.restored', accountId: null, data: {} };
    await commit(world.app.database, {
      by: provenance(world.app.newId),
      changes: [],
      bulk: { run: restored, entries: [], writes: () => [] },
    });
    await grown();
    await env.ARCHIVE.put(`checkpoints/${'3'.padStart(12, '0')}/before.json`, text);
    expect(await verify()).toMatchObject({
      result: 'sound',
      notes: [expect.stringContaining('left behind by a restore')],
    });
  });
});

const claimsIn = (jws: string): CheckpointClaims =>
  JSON.parse(atob(jws.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''));

describe('the journal, read', () => {
  beforeEach(() => openedWith());

  const list = async (query: string): Promise<Json> => (await world.get('auditor-1', `/v1/journal?${query}`)).body;

  it('is filtered by actor, account, wallet, policy, subject, kind and period, and paged to its end', async () => {
    const account = await grown();
    const all = await entries();
    const agree = async (query: string, keeps: (entry: PlacedEntry) => boolean) => {
      const expected = all
        .filter(keeps)
        .map(({ id }) => id)
        .reverse();
      expect(expected.length, query).toBeGreaterThan(0);
      const found: string[] = [];
      for (let cursor = ''; ; ) {
        const { items, nextCursor } = await list(`limit=7&${query}${cursor}`);
        found.push(...items.map(({ id }: Json) => id));
        if (nextCursor === null) break;
        cursor = `&cursor=${nextCursor}`;
      }
      expect(found, query).toEqual(expected);
    };
    const [wallet] = account.wallets;
    const policy = all.find(({ policyId }) => policyId !== null)?.policyId ?? '';
    const actor = all.find(({ actorRole }) => actorRole === 'client')?.actor ?? '';
    const middle = all[Math.floor(all.length / 2)]?.at ?? '';
    await agree('', () => true);
    await agree(`accountId=${account.id}`, ({ accountId }) => accountId === account.id);
    await agree(`walletId=${wallet.id}`, ({ walletId }) => walletId === wallet.id);
    await agree(`policyId=${policy}`, ({ policyId }) => policyId === policy);
    await agree(`actor=${encodeURIComponent(actor)}`, (entry) => entry.actor === actor);
    await agree(`subjectId=${account.id}`, ({ subjectId }) => subjectId === account.id);
    await agree('kind=fence.checked', ({ kind }) => kind === 'fence.checked');
    await agree(`to=${middle}`, ({ at }) => at < middle);
    await agree(
      `from=${middle}&kind=fence.checked&accountId=${account.id}`,
      ({ at, kind }) => at >= middle && kind === 'fence.checked',
    );
    expect((await world.get('auditor-1', '/v1/journal?kinds=x')).status).toBe(400);
  });

  it('is for auditors and compliance alone', async () => {
    await world.openAccount();
    for (const path of ['/v1/journal', '/v1/journal/verify', '/v1/journal/export?format=csv']) {
      for (const name of ['client-1', 'operator-1']) expect((await world.get(name, path)).status, path).toBe(403);
      expect((await world.get('compliance-1', path)).status, path).toBe(200);
    }
  });

  it('is exported whole as NDJSON whose hashes hold, and as CSV that no spreadsheet takes for a formula', async () => {
    await grown();
    const formula = {
      subjectId: '=HYPERLINK("x")',
      version: 1,
      kind: '@x',
      accountId: null,
      data: { after: { label: '=1+1' }, before: {} },
    };
    const by = provenance(world.app.newId, { actor: staff('=cmd|x', 'admin'), requestId: '＝A1' });
    await commit(world.app.database, { by, changes: [], bulk: { run: formula, entries: [], writes: () => [] } });
    const all = await entries();

    const ndjson = await world.get('auditor-1', '/v1/journal/export?format=ndjson');
    expect(ndjson.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = linesOf(ndjson).map((line) => JSON.parse(line));
    expect(lines.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    for (const line of lines)
      expect(await hashOfEntry({ ...line, data: canonicalJson(line.data) }), line.id).toBe(line.hash);

    const csv = await world.get('auditor-1', '/v1/journal/export?format=csv');
    const rows = csvRows(String(csv.body));
    expect(rows[0]?.slice(0, 5)).toEqual(['place', 'id', 'at', 'kind', 'subjectId']);
    expect(rows).toHaveLength(all.length + 1);
    const last = rows.at(-1) ?? [];
    expect(last.filter((field) => /^[=+\-@\t\r\n＝＋－＠]/.test(field))).toEqual([]);
    expect(last).toContain('\'=HYPERLINK("x")');
    expect(last).toContain("'＝A1");
    expect(last).toContain("'@x");
    const [one] = linesOf(await world.get('auditor-1', '/v1/journal/export?format=ndjson&kind=fence.checked'));
    expect(JSON.parse(one ?? '{}').kind).toBe('fence.checked');
  });

  it('reads the same rows for a page however long the journal is', async () => {
    await world.openAccount();
    const readFor = async (query: string): Promise<number> => {
      world.trips.length = 0;
      await list(`limit=50&${query}`);
      const { statements } = { statements: world.trips.flatMap((trip) => trip.statements) };
      let rows = 0;
      for (const { sql, params } of statements.filter(({ sql: text }) => /from "journal"/.test(text)))
        rows += (
          await env.DB.prepare(sql)
            .bind(...params)
            .all()
        ).meta.rows_read;
      return rows;
    };
    await many(2_000);
    const queries = ['', 'kind=x', 'actor=a', 'subjectId=a7', `from=${world.at}`, 'actor=a&kind=nothing'];
    const short: number[] = [];
    for (const query of queries) short.push(await readFor(query));
    await many(18_000, 'b');
    const long: number[] = [];
    for (const query of queries) long.push(await readFor(query));
    // With two filters a page looks at its bound and no further.
    expect(long.slice(0, -1)).toEqual(short.slice(0, -1));
    expect(long.at(-1)).toBeLessThan(10_100);
    expect((await list('actor=a&kind=nothing')).nextCursor).not.toBeNull();
  });
});

const linesOf = ({ body }: Answer): string[] => String(body).trimEnd().split('\n');

/** RFC 4180, every field quoted. */
const csvRows = (text: string): string[][] =>
  text
    .trimEnd()
    .split('\r\n')
    .map((line) =>
      line
        .slice(1, -1)
        .split('","')
        .map((field) => field.replaceAll('""', '"')),
    );

describe('outside', () => {
  const received: { url: string; body: string; headers: Headers; redirect: string | undefined }[] = [];
  let status = 200;
  beforeEach(async () => {
    received.length = 0;
    status = 200;
    const original = globalThis.fetch;
    vi.stubGlobal('fetch', async (input: RequestInfo | URL, init?: RequestInit) => {
      const url = String(input instanceof Request ? input.url : input);
      if (!url.startsWith('https://outside.example')) return original(input, init);
      received.push({ url, body: String(init?.body), headers: new Headers(init?.headers), redirect: init?.redirect });
      return new Response(null, {
        status,
        ...(status === 302 ? { headers: { location: 'https://evil.example' } } : {}),
      });
    });
    await openedWith({
      CHECKPOINT_URL: 'https://outside.example/checkpoints',
      SIEM_URL: 'https://outside.example/siem',
      ...SECRETS,
    });
  });
  afterEach(() => vi.unstubAllGlobals());
  const to = (path: string) => received.filter(({ url }) => url.endsWith(path));

  it('each checkpoint is told to an address, again until it is taken', async () => {
    await world.openAccount();
    status = 302;
    await signs();
    const [row] = await checkpoints();
    expect(to('/checkpoints').length).toBeGreaterThan(0);
    status = 200;
    received.length = 0;
    await world.waitFor(async () => to('/checkpoints').length > 0);
    const [taken] = to('/checkpoints');
    expect(JSON.parse(taken?.body ?? '')).toEqual({ sequence: 1, hash: row.hash, jws: row.jws });
    expect(taken?.headers.get('authorization')).toBe('Bearer checkpoint-token');
    expect(taken?.redirect).toBe('manual');
    received.length = 0;
    await world.waitFor(async () =>
      world.rows("SELECT id FROM outbox WHERE body LIKE '%checkpoint.send%'").then(({ length }) => length === 0),
    );
    expect(to('/checkpoints').length).toBeLessThanOrEqual(1);
  });

  it('every entry goes to the SIEM in order, at least once, and on from where it was taken', async () => {
    world.makeAll();
    await world.openAccount();
    const streamed = () =>
      to('/siem').flatMap(({ body }) =>
        body
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).place),
      );
    await world.tick();
    await world.settle({ ticks: false });
    const count = (await entries()).length;
    expect([...new Set(streamed())]).toEqual((await entries()).slice(0, streamed().at(-1)).map(({ place }) => place));

    received.length = 0;
    status = 503;
    await many(1_300);
    await world.tick();
    await world.settle({ ticks: false });
    expect(to('/siem').length).toBeGreaterThan(0);
    status = 200;
    received.length = 0;
    await world.tick();
    await world.settle({ ticks: false });
    const places = streamed();
    expect(places.length).toBeGreaterThanOrEqual(1_300);
    expect(Math.max(...to('/siem').map(({ body }) => body.split('\n').length - 1))).toBe(500);
    expect(places).toEqual(places.map((_, index) => (places[0] ?? 0) + index));
    expect(places.at(-1)).toBe((await entries()).length);
    expect(places[0]).toBeLessThanOrEqual(count + 1);
    expect(to('/siem')[0]?.headers.get('content-type')).toBe('application/x-ndjson');
  });

  it('somebody is told when the SIEM does not take entries for long', async () => {
    status = 500;
    await world.must('client-1', '/v1/accounts', { networks: ['EthereumSepolia'] });
    await world.advance(3_700);
    await world.tick();
    await world.tick();
    const { body } = await world.get('admin-1', '/v1/incidents');
    expect(body.items.filter(({ kind }: Json) => kind === 'siem_behind')).toHaveLength(1);
  });

  it.each(['http://outside.example/x', 'https://user:pw@outside.example/x', 'ftp://outside.example'])(
    'the address %s is no setting',
    async (url) => {
      const { settings } = openApp({ ...world.bindings, SIEM_URL: url });
      expect(settings).toMatchObject({ ok: false, refusal: { settings: ['SIEM_URL'] } });
    },
  );
});
