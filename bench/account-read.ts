// Promise: a client reads its account about as fast as a Worker can that only checks the token and reads the rows.
import { bundleBare } from './support/bundle.ts';
import { type Bench, compare } from './support/compare.ts';
import { type Prepared, send } from './support/load.ts';
import { migrate, type Running, start } from './support/runtime.ts';
import { AUDIENCE, ISSUER, openIssuer, productBindings, TOKEN_TYPE } from './support/settings.ts';

/** So that no read is one of a table that is empty but for its answer. */
const ACCOUNTS = 1_000;
const READERS = 64;
const ID_DIGITS = 26;
const ADDRESS_DIGITS = 40;

export const accountRead: Bench = {
  promise: 'client reads its account',
  async measure(script) {
    const issuer = await openIssuer();
    const { jwks, jwk } = issuer;
    const bareScript = await bundleBare('account-read.ts');
    const bareBindings = { JWK: jwk, JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWT_TYPE: TOKEN_TYPE };
    await using product = await start({ name: 'product', script, bindings: productBindings(), jwks });
    await using bare = await start({ name: 'bare', script: bareScript, bindings: bareBindings, jwks });
    const readers = Array.from({ length: READERS }, (_, index) => Math.floor((index * ACCOUNTS) / READERS));
    const reads = await Promise.all(
      readers.map(async (reader): Promise<Prepared> => {
        const authorization = `Bearer ${await issuer.tokenFor(subjectOf(reader))}`;
        return { method: 'GET', path: '/v1/accounts/me', headers: { authorization } };
      }),
    );
    for (const place of [product, bare]) {
      await fill(place);
      for (const [index, read] of reads.entries()) await mustBeOwn(place, read, readers[index] ?? 0);
    }
    // Awaited here: on leaving this function both are stopped.
    return await compare(product.url, bare.url, reads);
  },
};

const idOf = (prefix: string, index: number): string => `${prefix}_${String(index).padStart(ID_DIGITS, '0')}`;
const subjectOf = (index: number): string => `client-${index}`;

/** An answer is worth measuring only if it is the reader's own account, with a wallet that money can be sent to. */
async function mustBeOwn({ url }: Running, read: Prepared, reader: number): Promise<void> {
  const answer = await send(url, read);
  const { id, status, wallets } = JSON.parse(answer);
  if (id !== idOf('acc', reader) || status !== 'active' || !wallets?.[0]?.address) {
    throw new Error(`client ${reader} was shown ${answer}`);
  }
}

/** Active accounts with a wallet each, in the shape in which src/store/schema.ts keeps them. */
async function fill(place: Running): Promise<void> {
  await migrate(place);
  const { database } = place;
  const at = '2026-03-02T09:00:00.000Z';
  const client = database.prepare(
    `INSERT INTO clients (id, version, issuer, subject, account_id, created_at) VALUES (?, 1, ?, ?, ?, ?)`,
  );
  const account = database.prepare(
    `INSERT INTO accounts (id, version, status, facts, created_at, client_id, tag, limits_template, policy_id)
     VALUES (?, 1, 'active', ?, ?, ?, ?, 'standard', ?)`,
  );
  const wallet = database.prepare(
    `INSERT INTO wallets (id, version, status, facts, created_at, account_id, network, custody_id, address)
     VALUES (?, 1, 'active', '{}', ?, ?, 'EthereumSepolia', ?, ?)`,
  );
  const rows = Array.from({ length: ACCOUNTS }, (_, index) => {
    const clientId = idOf('cli', index);
    const accountId = idOf('acc', index);
    const address = `0x${index.toString(16).padStart(ADDRESS_DIGITS, 'a')}`;
    const facts = JSON.stringify({ openedAt: at });
    return [
      client.bind(clientId, ISSUER, subjectOf(index), accountId, at),
      account.bind(accountId, facts, at, clientId, `client:${clientId}`, `plc-${index}`),
      wallet.bind(idOf('wal', index), at, accountId, `wa-${index}`, address),
    ];
  });
  await database.batch(rows.flat());
}
