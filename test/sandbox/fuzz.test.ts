/**
 * Any path, any header, any body: an answer in time, in the error shape, and never a failure of the sandbox itself. The
 * seed is fixed. `FUZZ_CASES=20000` in the environment makes the long run; everything stays inside the test runtime.
 */
import { env } from 'cloudflare:workers';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { apiRoutes } from '../../src/sandbox/api.ts';
import { CallBody } from '../../src/sandbox/call-function.ts';
import { controlRoutes } from '../../src/sandbox/controls.ts';
import { DecisionBody } from '../../src/sandbox/decisions.ts';
import { CreateExchange, OperationBody } from '../../src/sandbox/exchanges.ts';
import { CreateSponsor } from '../../src/sandbox/fee-sponsors.ts';
import { PolicyBody } from '../../src/sandbox/policy-schemas.ts';
import { SettingsChange } from '../../src/sandbox/settings.ts';
import { AnyTransferBody } from '../../src/sandbox/transfer-schemas.ts';
import { bodyText, headers, query, segment } from './arbitrary.ts';
import {
  account,
  approvalBy,
  control,
  EXCHANGE,
  fund,
  openWallet,
  reset,
  SANDBOX,
  STRANGER,
  sdk,
  userIds,
  waitingChange,
} from './support.ts';

const CASES = Number(env.FUZZ_CASES);
const SEED = 20_260_302;
const ANSWER_SECONDS_MAX = 10;
const MINUTES_MAX = 60;
/** After so many signed cases the world is made anew. */
const WORLD_CASES = 100;

const schemas: Readonly<Record<string, z.ZodType>> = {
  'POST /v2/policies': PolicyBody,
  'PUT /v2/policies/:policyId': PolicyBody,
  'POST /wallets/:walletId/transfers': AnyTransferBody,
  'POST /networks/:network/call-function': CallBody,
  'POST /fee-sponsors': CreateSponsor,
  'POST /exchanges': CreateExchange,
  'POST /exchanges/:exchangeId/accounts/:accountId/deposits': OperationBody,
  'POST /exchanges/:exchangeId/accounts/:accountId/withdrawals': OperationBody,
  'POST /v2/policy-approvals/:approvalId/decisions': DecisionBody,
  'PUT /_sandbox/settings': SettingsChange,
};
/** What would change the meaning of the run: faults answer 5xx because they are asked to, and a limit hides the rest. */
const spared = ['/_sandbox/faults', '/_sandbox/settings', '/_sandbox/reset', '/_sandbox/deliveries/:deliveryId/send'];

/** Stand for the ids of one world, so that a failing case can be repeated in another. */
const NAMES = ['~wallet~', '~policy~', '~approval~', '~webhook~', '~exchange~', '~admin-1~', '~checker~', '~maker~'];
const pool = [...NAMES, 'spot', EXCHANGE, STRANGER, 'EthereumSepolia', 'client:1'];
const ids = new Map<string, string>();

type Access = { userId: string; authToken: string; credentialId: string; privateKey: string };
let admin: Access;

/** Signed cases may archive, deactivate or block anything, the caller included, so the world is made anew at times. */
async function openFuzzWorld(): Promise<void> {
  await reset();
  await control('PUT', '/webhooks/mode', { mode: 'drop' });
  const { wallet } = await openWallet();
  await fund(wallet.id);
  const { policy, approvalId } = await waitingChange(approvalBy(await userIds('compliance-1')));
  const setup = await sdk('setup');
  const webhook = await setup.webhooks.createWebhook({ body: { url: 'http://receiver.test/', events: ['*'] } });
  admin = await account('admin-1');
  const keys = { publicApiKey: 'public', privateApiKey: 'private' };
  const exchange = await (await sdk('admin-1')).exchanges.createExchange({
    body: { kind: 'Kraken', readConfiguration: keys, writeConfiguration: keys },
  });
  const people = await userIds('admin-1', 'checker', 'maker');
  const known = [wallet.id, policy.id, approvalId, webhook.id, exchange.id, ...people];
  for (const [index, name] of NAMES.entries()) ids.set(name, known[index] ?? '');
}

beforeAll(openFuzzWorld);

const named = (text: string) => text.replaceAll(/~[a-z0-9-]+~/g, (name) => ids.get(name) ?? name);

type Sent = { method: string; url: URL; text: string; headers: Record<string, string> };

/** A time limit of its own: a request without an answer is a finding, not a slow test. */
async function send({ method, url, text, headers: given }: Sent): Promise<{ status: number; body: string }> {
  const abort = new AbortController();
  // Not AbortSignal.timeout: it cannot be ended early, and the runtime allows ten thousand at once.
  const timer = setTimeout(() => abort.abort(), ANSWER_SECONDS_MAX * 1000);
  try {
    const { signal } = abort;
    const answer = await fetch(url, { method, headers: given, signal, ...(method !== 'GET' && { body: text }) });
    return { status: answer.status, body: await answer.text() };
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined where the caller can sign no longer, because an earlier case saw to that. */
async function signedBy(caller: Access, { method, url, text }: Sent): Promise<string | undefined> {
  const { authToken, credentialId, privateKey } = caller;
  const post = async (path: string, body: unknown) => {
    const request = { method: 'POST', url: new URL(path, SANDBOX), text: JSON.stringify(body) };
    const answer = await send({ ...request, headers: { authorization: `Bearer ${authToken}` } });
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };
  const asked = { userActionPayload: text, userActionHttpMethod: method, userActionHttpPath: url.pathname };
  const challenge = await post('/auth/action/init', asked);
  if (challenge.status !== 200) return undefined;
  const signer = new AsymmetricKeySigner({ credId: credentialId, privateKey });
  const firstFactor = await signer.sign(challenge.body as unknown as Parameters<typeof signer.sign>[0]);
  const { challengeIdentifier } = challenge.body;
  const { status, body } = await post('/auth/action', { challengeIdentifier, firstFactor });
  return status === 200 ? String(body.userAction) : undefined;
}

async function signed(sent: Sent): Promise<Sent> {
  if (sent.method === 'GET') return { ...sent, headers: { authorization: `Bearer ${admin.authToken}` } };
  let action = await signedBy(admin, sent);
  if (action === undefined) {
    await openFuzzWorld();
    action = await signedBy(admin, sent);
  }
  if (action === undefined) throw new Error('the admin of a new world cannot sign');
  return { ...sent, headers: { authorization: `Bearer ${admin.authToken}`, 'x-dfns-useraction': action } };
}

async function survives(sent: Sent): Promise<void> {
  const { status, body } = await send(sent);
  expect(status, `${sent.method} ${sent.url} ${sent.text} -> ${body}`).toBeLessThan(500);
  if (status < 400) return;
  // The token endpoint of the identity provider answers as OAuth has it.
  if (sent.url.pathname.startsWith('/_sandbox/identity/')) return;
  expect(JSON.parse(body)).toMatchObject({ error: { status, message: expect.any(String) } });
}

const urlOf = (path: string, parameters: readonly string[], search: Record<string, string>) => {
  let used = 0;
  const filled = path.replaceAll(/:[A-Za-z]+/g, () => parameters[used++] ?? 'x');
  const url = new URL(SANDBOX + filled);
  for (const [name, value] of Object.entries(search)) url.searchParams.set(name, value);
  return url;
};

const requestOf = (routes: readonly { method: string; path: string }[]) =>
  fc.constantFrom(...routes).chain(({ method, path }) =>
    fc.record({
      method: fc.constant(method),
      url: fc
        .tuple(fc.array(segment(pool), { minLength: 4, maxLength: 4 }), query)
        .map((parts) => urlOf(path, ...parts)),
      text: bodyText(schemas[`${method} ${path}`], pool),
      headers: fc.constant({}),
    }),
  );

const run = (cases: fc.Arbitrary<Sent>, share: number, check: (sent: Sent) => Promise<void>) =>
  fc.assert(fc.asyncProperty(cases, check), {
    ...{ seed: SEED, numRuns: Math.ceil(CASES * share), endOnFailure: true },
    ...{ interruptAfterTimeLimit: MINUTES_MAX * 60_000, markInterruptAsFailure: true },
  });

describe('the sandbox survives', { timeout: MINUTES_MAX * 60_000 }, () => {
  it('any body at any endpoint, properly signed', async () => {
    let cases = 0;
    await run(requestOf(apiRoutes), 0.7, async (sent) => {
      cases += 1;
      if (cases % WORLD_CASES === 0) await openFuzzWorld();
      const text = named(sent.text);
      await survives(await signed({ ...sent, text, url: new URL(named(sent.url.href)) }));
    });
    await openFuzzWorld();
    expect((await (await sdk('admin-1')).wallets.listWallets()).items.length).toBeGreaterThan(0);
  });

  it('any header', async () => {
    const cases = fc.tuple(requestOf(apiRoutes), headers).map(([sent, given]) => ({ ...sent, headers: given }));
    await run(cases, 0.1, survives);
  });

  it('any path and method', async () => {
    const path = fc
      .array(fc.oneof(fc.webSegment(), fc.constantFrom('wallets', 'v2', 'auth', '_sandbox', '..', '%')))
      .map((parts) => `/${parts.join('/')}`);
    const cases = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'),
      url: path.map((text) => new URL(SANDBOX + text)).filter(({ pathname }) => !spared.includes(pathname)),
      text: fc.string(),
      headers: fc.constant({ authorization: `Bearer ${admin.authToken}` }),
    });
    await run(cases, 0.1, survives);
  });

  it('anything at its controls', async () => {
    await run(requestOf(controlRoutes.filter(({ path }) => !spared.includes(path))), 0.08, survives);
  });

  it('any settings', async () => {
    const routes = controlRoutes.filter(({ method, path }) => method === 'PUT' && path === '/_sandbox/settings');
    await run(requestOf(routes), 0.02, survives);
  });
});
