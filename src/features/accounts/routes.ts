// HTTP of accounts: open, read one, list.
import { createRoute } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { accountIn, by, routes } from '../../app/routes.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { AccountPath, json, NoQuery, PageQuery, pageOf, problems, toPage } from '../../kit/schemas.ts';
import { askForWallet } from './add-wallet.ts';
import { closeAccount } from './close.ts';
import { AccountRequest, AccountView, viewAccount, viewWallet, WalletRequest, WalletView } from './schemas.ts';
import { askForAccount, readAccount, readAccounts } from './service.ts';

const postAccount = createRoute({
  method: 'post',
  path: '/accounts',
  summary: 'Open an account',
  description: 'It opens in the background; a deposit address is shown once the account is active.',
  middleware: [authorize('client', 'operator'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(AccountRequest) } },
  responses: { 202: { description: 'Opening.', ...json(AccountView) }, ...problems },
});

const getAccounts = createRoute({
  method: 'get',
  path: '/accounts',
  summary: 'List accounts, oldest first',
  middleware: [authorize('operator', 'compliance', 'auditor', 'admin')] as const,
  request: { query: PageQuery },
  responses: {
    200: { description: 'A page.', ...json(pageOf(AccountView.omit({ wallets: true }).openapi('AccountLine'))) },
    ...problems,
  },
});

const getAccount = createRoute({
  method: 'get',
  path: '/accounts/{id}',
  summary: 'Read an account',
  request: { query: NoQuery, params: AccountPath },
  responses: { 200: { description: 'The account.', ...json(AccountView) }, ...problems },
});

const postWallet = createRoute({
  method: 'post',
  path: '/accounts/{id}/wallets',
  summary: 'Ask for one more network',
  description:
    'The wallet is made in the background; its address is shown once the fence was read back with it inside.',
  middleware: [authorize('client', 'operator'), idempotent] as const,
  request: { query: NoQuery, params: AccountPath, body: { required: true, ...json(WalletRequest) } },
  responses: { 202: { description: 'Being made.', ...json(WalletView) }, ...problems },
});

const postClose = createRoute({
  method: 'post',
  path: '/accounts/{id}/close',
  summary: 'Close an account that is empty and has no open work',
  description: 'Its addresses are shown no more. At custody it stays inside its fence; what arrives later is reported.',
  middleware: [authorize('client', 'compliance'), idempotent] as const,
  request: { query: NoQuery, params: AccountPath },
  responses: { 200: { description: 'Closed.', ...json(AccountView) }, ...problems },
});

export const accountRoutes = routes()
  .openapi(postAccount, async (c) => {
    const { networks, client } = c.req.valid('json');
    const { actor } = c.var;
    if (actor.kind !== 'client' && client === undefined) {
      return problem(c, {
        code: 'input_invalid',
        fields: [{ field: 'client', problem: 'an operator names the client' }],
      });
    }
    if (actor.kind === 'client' && client !== undefined) {
      return problem(c, {
        code: 'input_invalid',
        fields: [{ field: 'client', problem: 'a client opens only its own account' }],
      });
    }
    if (client !== undefined && client.issuer !== c.env.config.tokens.issuer) {
      return problem(c, {
        code: 'input_invalid',
        fields: [{ field: 'client.issuer', problem: 'not the issuer of the tokens accepted here' }],
      });
    }
    const opened = await askForAccount(
      c.env,
      by(c),
      { networks, client: client ?? identity(actor) },
      ({ account, wallets }) => c.var.keep(202, viewAccount(account, wallets)),
    );
    return opened.ok
      ? c.json(viewAccount(opened.value.account, opened.value.wallets), 202)
      : problem(c, opened.refusal);
  })
  .openapi(getAccounts, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const accounts = await readAccounts(c.env, { after: cursor, limit: limit + 1 });
    const { items, nextCursor } = toPage(accounts, limit, (account) => {
      const { wallets: _, ...line } = viewAccount(account, []);
      return line;
    });
    return c.json({ items, nextCursor }, 200);
  })
  .openapi(getAccount, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const read = await readAccount(c.env, found.value.scope, found.value.accountId);
    return read.ok ? c.json(viewAccount(read.value.account, read.value.wallets), 200) : problem(c, read.refusal);
  })
  .openapi(postWallet, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const asked = await askForWallet(c.env, by(c), { ...found.value, ...c.req.valid('json') }, (wallet) =>
      c.var.keep(202, viewWallet(wallet)),
    );
    return asked.ok ? c.json(viewWallet(asked.value), 202) : problem(c, asked.refusal);
  })
  .openapi(postClose, async (c) => {
    const found = await accountIn(c, c.req.valid('param').id);
    if (!found.ok) return problem(c, found.refusal);
    const closed = await closeAccount(c.env, by(c), found.value, ({ account, wallets }) =>
      c.var.keep(200, viewAccount(account, wallets)),
    );
    return closed.ok
      ? c.json(viewAccount(closed.value.account, closed.value.wallets), 200)
      : problem(c, closed.refusal);
  });

const identity = (actor: { issuer?: string; subject: string }) => ({
  issuer: actor.issuer ?? '',
  subject: actor.subject,
});
