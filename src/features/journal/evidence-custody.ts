// What custody itself says about the account in the period: decisions, and the actions that people and machines signed there.
import type { App } from '../../app/app.ts';
import { CustodyUnavailable } from '../../dfns/custody.ts';
import type { Account } from '../../domain/account.ts';
import type { SignedAction, SignedActionLine } from '../../domain/custody.ts';
import {
  type ApprovalInEvidence,
  approvalsNamedIn,
  type CustodyInEvidence,
  type Evidence,
  type EvidenceRecords,
} from '../../domain/evidence.ts';
import { addSeconds, type Timestamp } from '../../domain/time.ts';
import type { Wallet } from '../../domain/wallet.ts';

const APPROVALS_MAX = 50;
/** Each is one call of the share for reading. */
const ACTIONS_MAX = 50;
/** What custody answers at once. */
const DAYS_PER_RANGE = 7;
const DAY_SECONDS = 86_400;

interface Known {
  readonly account: Account;
  readonly wallets: readonly Wallet[];
  readonly records: EvidenceRecords;
  readonly period: Evidence['period'];
}

/** A custody that does not answer leaves the rest of the bundle as it is, and the bundle says so. */
export async function readCustody(app: App, known: Known): Promise<CustodyInEvidence> {
  const approvals = await readApprovals(app, known.records);
  try {
    return { approvals, auditLog: await readAuditLog(app, known) };
  } catch (fault) {
    if (!(fault instanceof CustodyUnavailable)) throw fault;
    const says = 'Custody did not answer when it was asked for its audit log.';
    return { approvals, auditLog: { status: 'unavailable', says, lines: [], actions: [] } };
  }
}

async function readApprovals(app: App, records: EvidenceRecords): Promise<ApprovalInEvidence[]> {
  const found: ApprovalInEvidence[] = [];
  for (const { approvalId, about } of approvalsNamedIn(records).slice(0, APPROVALS_MAX)) {
    const approval = await unlessSilent(() => app.custody.findApproval(approvalId));
    if (approval === 'silent') break;
    found.push({
      approvalId,
      about,
      status: approval?.status ?? 'not_found',
      decisions: (approval?.decisions ?? []).map(({ userId, value, reason }) => ({ userId, value, reason })),
    });
  }
  return found;
}

async function unlessSilent<T>(read: () => Promise<T>): Promise<T | 'silent'> {
  try {
    return await read();
  } catch (fault) {
    if (fault instanceof CustodyUnavailable) return 'silent';
    throw fault;
  }
}

async function readAuditLog(app: App, known: Known): Promise<CustodyInEvidence['auditLog']> {
  const lines: SignedActionLine[] = [];
  let isTruncated = false;
  for (const range of rangesOf(known.period)) {
    const read = await app.custody.listSignedActions(range);
    if (read.kind === 'not_permitted') {
      const says = 'The manager’s account at custody may not read the audit log.';
      return { status: 'not_permitted', says, lines: [], actions: [] };
    }
    lines.push(...read.lines.filter(({ path, summary }) => isAbout(known, `${path} ${summary}`)));
    isTruncated ||= read.isTruncated;
  }
  const actions: SignedAction[] = [];
  for (const { id } of lines.slice(0, ACTIONS_MAX)) {
    const action = await app.custody.findSignedAction(id);
    if (action !== undefined) actions.push(action);
  }
  const rest = lines.length - actions.length;
  const says = [
    'As custody listed them when the bundle was made: what was signed, not what became of it.',
    ...(isTruncated ? ['Custody cut its list off: it is not whole.'] : []),
    ...(rest > 0 ? [`Of ${rest} of them the signature is not in the bundle.`] : []),
  ].join(' ');
  return { status: 'read', says, lines, actions };
}

/** Paths name what they act on by custody's ids. */
function isAbout({ account, wallets, records }: Known, text: string): boolean {
  const ids = [
    account.policyId,
    ...wallets.map((wallet) => ('custodyId' in wallet ? wallet.custodyId : null)),
    ...approvalsNamedIn(records).map(({ approvalId }) => approvalId),
  ];
  return ids.some((id) => typeof id === 'string' && text.includes(id));
}

function rangesOf({ from, to }: Evidence['period']): { from: Timestamp; to: Timestamp }[] {
  const ranges: { from: Timestamp; to: Timestamp }[] = [];
  for (let at = from; at < to; at = addSeconds(at, DAYS_PER_RANGE * DAY_SECONDS)) {
    const end = addSeconds(at, DAYS_PER_RANGE * DAY_SECONDS);
    ranges.push({ from: at, to: end < to ? end : to });
  }
  return ranges;
}
