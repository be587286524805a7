/** Owns the way of a request through the emulated API: who calls, what they may do, which route serves them. */
import { accessTokenRoutes } from './access-tokens.ts';
import { approvalRoutes } from './approvals.ts';
import { auditLogRoutes } from './audit-log.ts';
import { authenticate, authorize } from './auth.ts';
import { callFunctionRoutes } from './call-function.ts';
import { credentialRoutes } from './credentials.ts';
import { decisionRoutes } from './decisions.ts';
import type { Account } from './derive.ts';
import { Refused, readJson } from './errors.ts';
import { exchangeRoutes } from './exchanges.ts';
import { feeSponsorRoutes } from './fee-sponsors.ts';
import { networkRoutes } from './fees.ts';
import { type Answer, type ApiCall, type Call, type Route, router } from './http.ts';
import { keyRoutes } from './keys.ts';
import { orgHistoryRoutes } from './org-history.ts';
import { permissionRoutes } from './permissions.ts';
import { policyRoutes } from './policies.ts';
import { serviceAccountRoutes } from './service-accounts.ts';
import { signatureRoutes } from './signatures.ts';
import { transactionRoutes } from './transactions.ts';
import { transferRoutes } from './transfers.ts';
import { userActionRoutes, useUserAction } from './user-actions.ts';
import { userRoutes } from './users.ts';
import { walletRoutes } from './wallets.ts';
import { webhookRoutes } from './webhooks.ts';
import type { World } from './world.ts';

export const apiRoutes = [
  ...userActionRoutes,
  ...auditLogRoutes,
  ...credentialRoutes,
  ...accessTokenRoutes,
  ...serviceAccountRoutes,
  ...userRoutes,
  ...permissionRoutes,
  // Before the wallets, whose paths it would fit.
  ...orgHistoryRoutes,
  ...walletRoutes,
  ...keyRoutes,
  ...transferRoutes,
  ...transactionRoutes,
  ...signatureRoutes,
  ...policyRoutes,
  ...approvalRoutes,
  ...decisionRoutes,
  ...webhookRoutes,
  ...exchangeRoutes,
  ...networkRoutes,
  ...callFunctionRoutes,
  ...feeSponsorRoutes,
];

const find = router(apiRoutes);

type Transaction = <T>(act: (world: World) => T) => T;

/**
 * Two transactions: the first spends the user action, which stays spent when the request is then refused; the second
 * does the work, all of it or nothing.
 */
export function serveApi(transaction: Transaction, call: Call): Answer {
  const { route, admitted } = transaction((world) => admit(world, call));
  return transaction((world) => route.serve(world, admitted));
}

function authorizeRoute({ settings }: World, caller: Account, { operation, otherOperation }: Route<ApiCall>): void {
  if (operation === undefined) return;
  const listed = otherOperation === undefined ? [operation] : [operation, otherOperation];
  if (settings.replacementOperations === 'either') authorize(caller, operation, ...listed);
  else for (const each of listed) authorize(caller, each);
}

function admit(world: World, call: Call) {
  if (world.settings.requireUserAgent && !call.headers.get('user-agent')) {
    throw new Refused(400, 'The User-Agent header is missing.');
  }
  const found = find(call.method, call.url.pathname);
  if (!found) throw new Refused(404, `Not found: ${call.method} ${call.url.pathname}`);
  const { route, params } = found;
  const caller = authenticate(world, call.headers);
  const admitted: ApiCall = { ...call, params, caller, listOrder: world.settings.listOrder };
  authorizeRoute(world, caller, route);
  // Broken JSON is refused before the token is spent: nothing could have been meant by it.
  if (call.method !== 'GET') readJson(call.text);
  if (call.method !== 'GET' && !route.withoutUserAction) useUserAction(world, admitted);
  return { route, admitted };
}
