// Compares the organisation at Dfns with the wanted one: what would be created, changed, waits, is unsafe or unknown.
// Nothing here asks Dfns for anything; a step that can be carried out says by which act.
import { current, currentSet, isSameSet, onlyReads } from './operations.ts';
import type { Operation, Wanted } from './organization.ts';
import { meaningOf, type PolicyBody, policyInWords, wantedPolicies } from './policies.ts';
import { type FoundAccount, type FoundOrganization, type FoundPolicy, type FoundRole, isWaiting } from './read.ts';
import { dangersIn } from './safety.ts';

/** A webhook whose secret the product holds. The secret itself is known only where it was made. */
export interface KeptWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret?: string | undefined;
}

export type Act =
  | { readonly kind: 'create_policy'; readonly body: PolicyBody }
  | { readonly kind: 'update_policy'; readonly policyId: string; readonly body: PolicyBody }
  | {
      readonly kind: 'create_role';
      readonly name: string;
      readonly operations: readonly Operation[];
      readonly identityId: string;
    }
  | {
      readonly kind: 'update_role';
      readonly permissionId: string;
      readonly name: string;
      readonly operations: readonly Operation[];
    }
  | { readonly kind: 'assign_role'; readonly permissionId: string; readonly identityId: string }
  | { readonly kind: 'create_webhook' }
  | { readonly kind: 'update_webhook'; readonly webhookId: string };

export type Step =
  | { readonly state: 'right' | 'unsafe' | 'unknown'; readonly what: string; readonly lines: readonly string[] }
  | { readonly state: 'create' | 'change'; readonly what: string; readonly lines: readonly string[]; readonly act: Act }
  | { readonly state: 'waits'; readonly what: string; readonly lines: readonly string[]; readonly approvalId: string };

/** For CI: what a plan means, the worst first. */
export const exitCodes = { nothing: 0, changes: 1, usage: 2, unsafe: 3, unknown: 4 } as const;

export function exitCodeOf(steps: readonly Step[]): number {
  const has = (...states: readonly Step['state'][]) => steps.some(({ state }) => states.includes(state));
  if (has('unsafe')) return exitCodes.unsafe;
  if (has('unknown')) return exitCodes.unknown;
  return has('create', 'change', 'waits') ? exitCodes.changes : exitCodes.nothing;
}

export function planSteps(wanted: Wanted, found: FoundOrganization, kept: KeptWebhook | undefined): Step[] {
  return [
    ...unknownSteps(found),
    ...dangersIn(wanted, found).map(({ says }): Step => ({ state: 'unsafe', what: says, lines: [] })),
    ...policySteps(wanted, found),
    ...roleSteps(wanted, found),
    ...webhookSteps(wanted, found, kept),
  ];
}

const parts: Readonly<Record<keyof FoundOrganization, string>> = {
  policies: 'the policies: whether the guard stands is not known',
  webhooks: 'the webhooks',
  roles: 'the roles: who may vote, untag and assign is not known',
  people: 'the people: whether the officers are people is not known',
  serviceAccounts: 'the service accounts: whether one of them may decide is not known',
  hasClientWallets: 'the wallets: whether there are accounts is not known',
};

// The keys of a record that is written out above.
const partNames = Object.keys(parts) as (keyof FoundOrganization)[];

const unknownSteps = (found: FoundOrganization): Step[] =>
  partNames.flatMap((part) => {
    const reading = found[part];
    return reading.ok
      ? []
      : [{ state: 'unknown', what: `could not read ${parts[part]}`, lines: [reading.reason] } as const];
  });

function policySteps(wanted: Wanted, found: FoundOrganization): Step[] {
  if (!found.policies.ok) return [];
  const names = new Map(
    [found.people, found.serviceAccounts].flatMap((accounts) =>
      accounts.ok ? accounts.value.map(({ userId, name }) => [userId, `${name} (${userId})`] as const) : [],
    ),
  );
  const policies = found.policies.value;
  return wantedPolicies(wanted, policies).map((body) => policyStep(body, policies, (id) => names.get(id) ?? id));
}

/** What means the same is adopted under whatever name; what has our name and means something else is changed. */
function policyStep(body: PolicyBody, policies: readonly FoundPolicy[], nameOf: (userId: string) => string): Step {
  const what = `policy "${body.name}"`;
  const meaning = meaningOf(body);
  const same = policies.filter((policy) => meaningOf(policy) === meaning);
  const adopted = same.find(({ name }) => name === body.name) ?? same[0];
  if (adopted !== undefined) {
    const lines = [
      ...(adopted.name === body.name ? [] : [`found under the name "${adopted.name}" (${adopted.id})`]),
      ...(same.length > 1 ? [`there ${same.length} times: ${same.map(({ id }) => id).join(', ')}; one is enough`] : []),
    ];
    return { state: 'right', what, lines };
  }
  const words = policyInWords(body, nameOf);
  const named = policies.find(({ name }) => name === body.name);
  if (named === undefined)
    return { state: 'create', what, lines: words.map((line) => `+ ${line}`), act: { kind: 'create_policy', body } };
  const change = named.pendingChangeRequest;
  if (change?.status === 'Pending' && meaningOf(change.body) === meaning)
    return {
      state: 'waits',
      what,
      lines: words.map((line) => `+ ${line}`),
      approvalId: change.approvalId ?? change.id,
    };
  return {
    state: 'change',
    what: `${what} (${named.id})`,
    lines: difference(policyInWords(named, nameOf), words),
    act: { kind: 'update_policy', policyId: named.id, body },
  };
}

const difference = (before: readonly string[], after: readonly string[]): string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
  ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
];

function roleSteps(wanted: Wanted, found: FoundOrganization): Step[] {
  const { roles, serviceAccounts } = found;
  if (!roles.ok || !serviceAccounts.ok) return [];
  const machines = [
    ['maker', wanted.makerId, wanted.roles.maker] as const,
    ...(wanted.checkerId === undefined ? [] : [['checker', wanted.checkerId, wanted.roles.checker] as const]),
  ];
  return machines.map(([who, userId, role]) => {
    const account = serviceAccounts.value.find((one) => one.userId === userId);
    if (account === undefined)
      return { state: 'unknown', what: `Dfns lists no service account ${userId} as ${who}`, lines: [] } as const;
    return roleStep(who, account, role, roles.value);
  });
}

interface WantedRole {
  readonly name: string;
  readonly operations: readonly Operation[];
}

/** Rights beyond the wanted ones are the matter of safety; this is about those that are missing. */
function roleStep(
  who: string,
  account: FoundAccount,
  { name, operations }: WantedRole,
  roles: readonly FoundRole[],
): Step {
  const what = `rights of the ${who} ${account.name} (${account.userId})`;
  const held = currentSet(account.operations);
  const missing = operations.filter((operation) => !held.has(current(operation)));
  if (missing.length === 0) {
    const needed = currentSet(operations);
    const reads = [...held].filter((operation) => !needed.has(operation) && onlyReads(operation));
    return { state: 'right', what, lines: reads.length > 0 ? [`reads besides: ${reads.sort().join(', ')}`] : [] };
  }
  const lines = missing.map((operation) => `+ ${current(operation)}`);
  const fitting = roles.find((role) => isSameSet(role.operations, operations));
  if (fitting !== undefined) return assignStep(what, lines, fitting, account.userId);
  const named = roles.find((role) => role.name === name);
  if (named === undefined)
    return { state: 'create', what, lines, act: { kind: 'create_role', name, operations, identityId: account.userId } };
  const change = named.pendingChangeRequest;
  if (change?.status === 'Pending' && isSameSet(change.body.operations, operations))
    return { state: 'waits', what, lines, approvalId: change.approvalId ?? change.id };
  return { state: 'change', what, lines, act: { kind: 'update_role', permissionId: named.id, name, operations } };
}

function assignStep(what: string, lines: readonly string[], role: FoundRole, identityId: string): Step {
  const waiting = role.assignments.find((assignment) => assignment.identityId === identityId && isWaiting(assignment));
  const change = waiting?.pendingChangeRequest;
  return change === undefined
    ? {
        state: 'create',
        what,
        lines: [`by the role "${role.name}" (${role.id})`, ...lines],
        act: { kind: 'assign_role', permissionId: role.id, identityId },
      }
    : { state: 'waits', what, lines, approvalId: change.approvalId ?? change.id };
}

function webhookSteps(wanted: Wanted, found: FoundOrganization, kept: KeptWebhook | undefined): Step[] {
  if (!found.webhooks.ok) return [];
  const what = `webhook to ${wanted.webhookUrl}`;
  const ours = found.webhooks.value.filter(({ url }) => url === wanted.webhookUrl);
  const held = ours.find(({ id }) => id === kept?.id);
  if (held === undefined) {
    const lost = ours.map(({ id }) => `- ${id}, whose secret is not known here`);
    return [
      {
        state: 'create',
        what,
        lines: [...lost, `+ ${wanted.webhook.events.length} kinds of events`],
        act: { kind: 'create_webhook' },
      },
    ];
  }
  const events: readonly string[] = held.events;
  const missing = events.includes('*') ? [] : wanted.webhook.events.filter((event) => !events.includes(event));
  const lines = [
    ...(held.status === 'Enabled' ? [] : ['- it is disabled', '+ it is enabled']),
    ...missing.map((event) => `+ ${event}`),
  ];
  const second = ours.length > 1 ? ['a second one stands beside it: a rotation of the secret is under way'] : [];
  return lines.length === 0
    ? [{ state: 'right', what, lines: second }]
    : [{ state: 'change', what, lines, act: { kind: 'update_webhook', webhookId: held.id } }];
}

const marks: Readonly<Record<Step['state'], string>> = {
  right: '  ',
  create: '+ create  ',
  change: '~ change  ',
  waits: '. waits   ',
  unsafe: '! UNSAFE  ',
  unknown: '? unknown ',
};

/** The plan as people read it. */
export function showPlan(steps: readonly Step[]): string {
  const lines = steps.flatMap((step) => [
    `${marks[step.state]}${step.what}${step.state === 'waits' ? `: waits for approval ${step.approvalId}` : ''}`,
    ...step.lines.map((line) => `      ${line}`),
  ]);
  const counts = (['create', 'change', 'waits', 'unsafe', 'unknown', 'right'] as const).flatMap((state) => {
    const count = steps.filter((step) => step.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return [...lines, '', counts.join(', ')].join('\n');
}
