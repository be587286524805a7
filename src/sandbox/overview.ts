/** Owns what the page of the sandbox shows, in one read. */
import { listBalances } from './chain.ts';
import { readMode } from './deliveries.ts';
import type { Approval, Table } from './entities.ts';
import { type Answer, type Call, ok, type Route } from './http.ts';
import { assetInfo } from './networks.ts';
import { policyInWords } from './policy-words.ts';
import { defaultSettings } from './settings.ts';

import {
  amountInWords,
  askedInWords,
  type Names,
  namesOf,
  signatureInWords,
  transactionInWords,
  transferInWords,
} from './words.ts';
import { iso, type World } from './world.ts';

const SHOWN_MAX = 50;
const NEWEST = `ORDER BY seq DESC LIMIT ${SHOWN_MAX}`;

export const overviewRoutes: readonly Route<Call>[] = [
  { method: 'GET', path: '/_sandbox/overview', serve: getOverview },
];

function getOverview(world: World): Answer {
  const { store, organization, settings } = world;
  const nameOf = namesOf(world);
  return ok({
    now: iso(world.now),
    orgId: organization.orgId,
    counts: countsOf(world),
    accounts: accountsOf(world),
    wallets: walletsOf(world),
    keys: store.select('keys', NEWEST),
    transfers: store.select('transfers', NEWEST).map((one) => ({ ...one, inWords: transferInWords(one, nameOf) })),
    transactions: store
      .select('transactions', NEWEST)
      .map((one) => ({ ...one, inWords: transactionInWords(one, nameOf) })),
    signatures: store.select('signatures', NEWEST).map((one) => ({ ...one, inWords: signatureInWords(one, nameOf) })),
    policies: store.select('policies', NEWEST).map((one) => ({ ...one, inWords: policyInWords(one, nameOf) })),
    approvals: store
      .select('approvals', `WHERE status = 'Pending' ${NEWEST}`)
      .map((approval) => viewWaiting(world, approval, nameOf)),
    webhooks: store.select('webhooks', NEWEST).map(({ secret: _secret, ...webhook }) => webhook),
    webhookMode: readMode(world),
    deliveries: deliveriesOf(world),
    faults: store.select('faults', NEWEST),
    settings: Object.entries(settings)
      .filter(([name, value]) => value !== Reflect.get(defaultSettings, name))
      .map(([name, value]) => ({ name, value })),
  });
}

const COUNTED = ['wallets', 'keys', 'transfers', 'transactions', 'signatures', 'policies', 'deliveries'] as const;

/** Of everything, not only of what is shown. */
const countsOf = ({ store }: World) =>
  Object.fromEntries(
    COUNTED.map((table: Table) => [table, store.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n]),
  );

/** Those that the sandbox gives away are those that a developer can act as. */
function accountsOf({ store, organization }: World) {
  const first = new Set(organization.accounts.map(({ userId }) => userId));
  return store
    .select('accounts', 'WHERE archived = 0 ORDER BY seq')
    .map(({ name, userId, isServiceAccount, isActive }) => ({
      ...{ name, userId, isServiceAccount, isActive, canDecide: first.has(userId) && !isServiceAccount },
    }));
}

function walletsOf(world: World) {
  return world.store.select('wallets', NEWEST).map(({ id, name, network, address, status, tags, signingKey }) => ({
    ...{ id, name, network, address, status, tags, keyId: signingKey.id, native: assetInfo(network, 'native') },
    balances: listBalances(world, id).map(({ asset, units }) => ({
      ...{ asset, units, inWords: amountInWords(units, assetInfo(network, asset)) },
    })),
  }));
}

/** Unlike Dfns it names the groups, for whoever wants to know who is still to vote. */
function viewWaiting(world: World, approval: Approval, nameOf: Names) {
  const { id, initiatorId, dateCreated, expirationDate, decisions, groups, policyEvaluations } = approval;
  const triggered = policyEvaluations.filter((evaluation) => evaluation.triggered);
  return {
    ...{ id, dateCreated, ...askedInWords(world, approval) },
    ...(expirationDate !== undefined && { expirationDate }),
    initiator: nameOf(initiatorId),
    groups: groups.map(({ name, quorum, approvers }) => ({ name, quorum, members: approvers.userId?.in.map(nameOf) })),
    decisions: decisions.map(({ userId, value, reason }) => ({ name: nameOf(userId), value, reason })),
    because: triggered.map(({ policyId, reason }) => {
      const policy = world.store.find('policies', policyId);
      return { policy: policy?.name ?? policyId, reason };
    }),
  };
}

const deliveriesOf = ({ store }: World) =>
  store.select('deliveries', NEWEST).map(({ id, url, body, status, attempt, responseStatus, dateSent }) => ({
    ...{ id, url, kind: JSON.parse(body).kind, status, attempt, responseStatus, dateSent },
  }));
