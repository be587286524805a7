// Proves who may vote, untag, assign and change rights and policies at Dfns, read with the set-up account, and says which
// of it should not be. A proof over something that could not be read is none.
import { type Holder, type PermissionProof, type Power, powers } from '../../src/domain/permission-proof.ts';
import type { Timestamp } from '../../src/domain/time.ts';
import { current, operationsOfPower } from './operations.ts';
import type { Wanted } from './organization.ts';
import type { FoundAccount, FoundOrganization } from './read.ts';
import { type Danger, dangersIn } from './safety.ts';

export type Proof = Pick<PermissionProof, 'provenAt' | 'read' | 'holders' | 'findings'>;
export type Proven =
  | { readonly ok: true; readonly proof: Proof }
  | { readonly ok: false; readonly unread: readonly string[] };

export function proofOf(wanted: Wanted, found: FoundOrganization, provenAt: Timestamp): Proven {
  const { policies, roles, people, serviceAccounts, hasClientWallets } = found;
  if (!policies.ok || !roles.ok || !people.ok || !serviceAccounts.ok || !hasClientWallets.ok) {
    const unread = Object.entries(found).flatMap(([part, reading]) =>
      reading.ok ? [] : [`${part}: ${reading.reason}`],
    );
    return { ok: false, unread };
  }
  const holders = holdersOf([
    ...people.value.map((account) => ({ ...account, kind: 'person' as const })),
    ...serviceAccounts.value.map((account) => ({ ...account, kind: 'service_account' as const })),
  ]);
  return {
    ok: true,
    proof: {
      provenAt,
      read: {
        people: people.value.length,
        serviceAccounts: serviceAccounts.value.length,
        roles: roles.value.length,
        assignments: roles.value.reduce((sum, { assignments }) => sum + assignments.length, 0),
        policies: policies.value.length,
      },
      holders,
      findings: bounded(dangersIn(wanted, found)),
    },
  };
}

const NAME_CHARACTERS_MAX = 200;
const SAYS_CHARACTERS_MAX = 500;
const FINDINGS_MAX = 50;

/** Names come from custody, and one with a hidden character in it must not keep a proof from being recorded. */
const printable = (text: string, charactersMax = NAME_CHARACTERS_MAX): string =>
  text.replace(/\p{C}/gu, '?').trim().slice(0, charactersMax);

/** As much as a record holds. The first findings are enough to send people looking. */
function bounded(dangers: readonly Danger[]): Danger[] {
  const findings = dangers.slice(0, FINDINGS_MAX);
  const rest = dangers.length - findings.length;
  return [
    ...findings.map(({ code, says }) => ({ code, says: printable(says, SAYS_CHARACTERS_MAX) })),
    ...(rest > 0 ? [{ code: 'more', says: `And ${rest} findings more.` }] : []),
  ];
}

function holdersOf(accounts: readonly (FoundAccount & { kind: Holder['kind'] })[]): Readonly<Record<Power, Holder[]>> {
  const holding = (power: Power): Holder[] => {
    const operations: readonly string[] = operationsOfPower[power];
    return accounts
      .filter((account) => account.isActive && account.operations.some((held) => operations.includes(current(held))))
      .map(({ userId, name, kind }) => ({ userId, name: printable(name) || userId, kind }));
  };
  // One entry for each power: the list of powers is the type's own.
  return Object.fromEntries(powers.map((power) => [power, holding(power)])) as Record<Power, Holder[]>;
}

const asked: Readonly<Record<Power, string>> = {
  vote: 'vote on approvals',
  untag: 'take tags off wallets',
  assign: 'assign and revoke roles',
  change_roles: 'create, change and archive roles',
  change_policies: 'create and change policies',
  delete_policies: 'archive policies',
};

/** The proof as people read it. */
export function showProof({ provenAt, read, holders, findings }: Proof): string {
  const who = ({ userId, name, kind }: Holder) =>
    `${name} (${userId}, ${kind === 'person' ? 'a person' : 'a service account'})`;
  return [
    `Read at ${provenAt}: ${read.people} people, ${read.serviceAccounts} service accounts, ${read.roles} roles, ${read.assignments} assignments, ${read.policies} policies.`,
    ...powers.map((power) => `May ${asked[power]}: ${holders[power].map(who).join(', ') || 'nobody'}.`),
    ...findings.map(({ says }) => `! ${says}`),
    findings.length === 0 ? 'Sound: nobody holds what they should not.' : 'UNSOUND.',
  ].join('\n');
}
