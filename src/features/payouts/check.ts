// The preflight: every row is judged, by itself and by our records, and the batch by its sums, before anything is sent. It
// goes by slices; how far it has come, and what is counted so far, stands with the batch.
import type { App } from '../../app/app.ts';
import { consumer, type Outcome } from '../../app/consumer.ts';
import { canonicalJson } from '../../domain/canonical.ts';
import { sha256 } from '../../domain/digest.ts';
import { amend, isIn } from '../../domain/machine.ts';
import {
  asRead,
  type FlagKind,
  type Payout,
  type RowProblem,
  type RowRead,
  type RowText,
  readRow,
  textOf,
} from '../../domain/payout.ts';
import { type Batch, type CheckProgress, completeCheck } from '../../domain/payout-batch.ts';
import { addSeconds } from '../../domain/time.ts';
import { CheckBatch, checkBatch } from '../../kit/messages.ts';
import { commit, type Message } from '../../store/commit.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { batchChange, findBatch } from '../../store/payout-batches.ts';
import {
  askedOf,
  type Flag,
  flagRows,
  listPayouts,
  listRowFacts,
  payoutSteps,
  type RowFacts,
} from '../../store/payouts.ts';
import { findActiveList } from '../../store/screening.ts';
import { problemsOfBatch } from './float.ts';

const ROWS_PER_SLICE = 500;
/** Within what one delivery of a message may take. */
const SLICES_PER_MESSAGE = 20;
/** What came or was paid within this time, to the same, is worth a question; so is, however old, what still may be paid. */
const RECENT_SECONDS = 30 * 86_400;

export const checkBatchStep = consumer('events', CheckBatch, async (app, { batchId }, by) => {
  for (let slice = 1; slice <= SLICES_PER_MESSAGE; slice += 1) {
    const batch = await findBatch(app.database, batchId);
    if (batch?.status !== 'draft') return 'done';
    // Of the commit that takes the last step, so that no delivery makes more messages than it made progress for.
    const next = slice < SLICES_PER_MESSAGE ? [] : [message('events', checkBatch({ batchId }))];
    const outcome = await checkSlice(app, by, batch, next);
    if (outcome !== undefined) return outcome;
  }
  return 'done';
});

/** Undefined: there is more to check. */
async function checkSlice(
  app: App,
  by: Provenance,
  batch: Batch<'draft'>,
  messages: readonly Message[],
): Promise<Outcome | undefined> {
  const page = { after: batch.check.line, limit: ROWS_PER_SLICE };
  const rows = await listPayouts(app.database, { batchId: batch.id }, page);
  if (rows.length === 0) return complete(app, by, batch);
  const judged = await judgeRows(app, by, batch, rows);
  const check = await countIn(batch.check, judged);
  const steps = judged.flatMap(({ before, after }) => (before === after ? [] : [{ before, after }]));
  const flags = judged.flatMap((one) => one.flags);
  const data = { line: check.line, changed: steps.length, flags: flags.length };
  const committed = await commit(app.database, {
    by,
    changes: [batchChange(batch, amend(batch, { check }), 'payout_batch.checking')],
    messages,
    once: flags.length === 0 ? [] : [flagRows(flags)],
    bulk: payoutSteps(
      { subjectId: by.newId('msg'), version: 1, kind: 'payouts.checked', accountId: null, data },
      steps,
    ),
  });
  return committed.ok ? undefined : 'again';
}

async function complete(app: App, by: Provenance, batch: Batch<'draft'>): Promise<Outcome> {
  const checked = completeCheck(batch, batch.check, await problemsOfBatch(app, batch), by.at);
  const committed = await commit(app.database, { by, changes: [batchChange(batch, checked)] });
  return committed.ok ? 'done' : 'again';
}

interface Judged {
  readonly before: Payout;
  /** The same where nothing changes. */
  readonly after: Payout;
  readonly flags: readonly Flag[];
}

async function judgeRows(app: App, by: Provenance, batch: Batch<'draft'>, rows: readonly Payout[]): Promise<Judged[]> {
  const read = rows.map((row) => ({ row, read: readRow(row) }));
  const asked = read.flatMap(({ row, read }) => askedOf({ ...row, ...read.text, units: read.units }) ?? []);
  const since = addSeconds(by.at, -RECENT_SECONDS);
  const facts = new Map((await listRowFacts(app.database, batch.id, asked, since)).map((one) => [one.line, one]));
  const isUnscreened = app.config.isScreeningRequired && (await findActiveList(app.database)) === undefined;
  return read.map(({ row, read }) => {
    const known = facts.get(row.line);
    const problems = [...structuralOf(row), ...read.problems, ...problemsBy(app, read, known, isUnscreened)];
    const flags = known === undefined || problems.length > 0 ? [] : flagsOf(batch, known);
    return { before: row, after: judgedRow(row, read, problems), flags };
  });
}

/** What was wrong with the shape of the row when it came: its fields do not tell. An edit writes the row anew. */
const structuralOf = (row: Payout): RowProblem[] =>
  row.status === 'invalid' ? row.problems.filter(({ column }) => column === 'row') : [];

function problemsBy(
  app: App,
  { text: { asset }, units }: RowRead,
  known: RowFacts | undefined,
  isUnscreened: boolean,
): RowProblem[] {
  const limits = app.config.payoutLimits.get(asset);
  const problems: [boolean, RowProblem][] = [
    [known !== undefined && limits === undefined, { column: 'asset', reason: 'This asset is not paid out here.' }],
    [known?.isSanctioned === true, { column: 'address', reason: 'The address is on a sanctions list.' }],
    [isUnscreened, { column: 'address', reason: 'No sanctions list is loaded to hold the address against.' }],
    [known?.isOwn === true, { column: 'address', reason: 'The address is a wallet held by this system.' }],
    [
      limits !== undefined && units !== null && units > limits.perRow,
      { column: 'amount', reason: `Above the limit of one row, ${limits?.perRow} base units.` },
    ],
  ];
  return problems.flatMap(([isSo, problem]) => (isSo ? [problem] : []));
}

function judgedRow(row: Payout, read: RowRead, problems: readonly RowProblem[]): Payout {
  if (!isIn(row, ['ready', 'invalid'])) return row;
  const known = row.status === 'invalid' ? row.problems : [];
  const isSame = told(row, row.units, known) === told(read.text, read.units, problems);
  return isSame ? row : asRead(row, read, problems);
}

const told = (text: RowText, units: bigint | null, problems: readonly RowProblem[]): string =>
  canonicalJson([textOf(text), String(units), problems]);

function flagsOf(batch: Batch<'draft'>, { line, ...known }: RowFacts): Flag[] {
  const flag = (name: FlagKind, detail: string | number | null): Flag[] =>
    detail === null
      ? []
      : [{ batchId: batch.id, checkNumber: batch.check.number, line, flag: name, detail: String(detail) }];
  return [
    ...flag('same_in_batch', known.sameLine),
    ...flag('same_of_late', known.sameBatch),
    ...flag('looks_like_payee', known.looksLike),
    ...flag('unknown_recipient', known.isKnown ? null : ''),
  ];
}

async function countIn(before: CheckProgress, judged: readonly Judged[]): Promise<CheckProgress> {
  const totals = new Map(before.totals.map((total) => [total.asset, total]));
  const flags: Record<string, number> = { ...before.flags };
  let { invalidRows } = before;
  const lines: string[] = [];
  for (const { after, flags: found } of judged) {
    const { line, asset, address, units, reference } = after;
    lines.push(canonicalJson([line, asset, address, units?.toString() ?? null, reference]));
    for (const { flag } of found) flags[flag] = (flags[flag] ?? 0) + 1;
    if (after.status !== 'ready' || units === null) {
      invalidRows += 1;
      continue;
    }
    const total = totals.get(asset) ?? { asset, rows: 0, units: '0' };
    totals.set(asset, { asset, rows: total.rows + 1, units: (BigInt(total.units) + units).toString() });
  }
  const line = judged.at(-1)?.after.line ?? before.line;
  const rowsHash = await sha256([before.rowsHash, ...lines].join('\n'));
  return { ...before, line, rowsHash, totals: [...totals.values()], invalidRows, flags };
}
