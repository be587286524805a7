// Checkpoints: every few minutes all new entries are bound by one signed root that names the checkpoint before it, so that
// nobody can change, take out, exchange or slip in an entry later without it being seen. The entries are those behind the last
// checkpoint by place, which D1 gives in the order of commits: one that commits late has a later place, whatever its id and
// time say, and none is left out.
import { type App, begin } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { Job } from '../../app/job.ts';
import { system } from '../../domain/actor.ts';
import { rootOf } from '../../domain/merkle.ts';
import { openAttestor } from '../../kit/attestation-keys.ts';
import { CHECKPOINT, type CheckpointClaims } from '../../kit/checkpoint.ts';
import { KeepCheckpoint, keepCheckpoint, SendCheckpoint, sendCheckpoint } from '../../kit/messages.ts';
import { postTo } from '../../kit/post.ts';
import {
  type CheckpointRow,
  checkpointOnce,
  findCheckpoint,
  findLastCheckpoint,
  listHashesAfter,
} from '../../store/checkpoints.ts';
import { commit } from '../../store/commit.ts';
import { findEpoch } from '../../store/epochs.ts';
import { openIncident } from '../../store/incidents.ts';
import type { Provenance } from '../../store/journal.ts';
import { message } from '../../store/outbox.ts';
import { keepCopy } from './copies.ts';

const ENTRIES_PER_CHECKPOINT = 5_000;
/** A hundred thousand entries a run: an outage of hours is caught up with in a few. */
const CHECKPOINTS_PER_RUN = 20;

export const signCheckpoints: Job = async (app) => {
  // Set back, and the journal does not tell of it yet: beside what the archive holds of the lost time it would be a fork.
  const epoch = await findEpoch(app.database);
  if (epoch !== undefined && epoch.epoch !== app.config.restoreEpoch) return;
  const by = begin(app, system('journal.checkpoint'), app.newId('msg'));
  for (let made = 0; made < CHECKPOINTS_PER_RUN; made += 1) {
    if (!(await signNext(app, by))) return;
  }
};

/** Signs what is behind the last checkpoint; says whether there may be more. */
async function signNext(app: App, by: Provenance): Promise<boolean> {
  const last = await findLastCheckpoint(app.database);
  const from = (last?.toPlace ?? 0) + 1;
  const found = await listHashesAfter(app.database, from - 1, ENTRIES_PER_CHECKPOINT);
  if (found.length === 0) return false;
  const gap = found.findIndex(({ place }, index) => place !== from + index);
  if (gap === 0) {
    await tellBroken(
      app,
      by,
      from,
      `No entry has the place ${from}: nothing behind it is signed until that is cleared up.`,
    );
    return false;
  }
  const hashes = (gap < 0 ? found : found.slice(0, gap)).map(({ hash }) => hash);
  const row = await sign(app, by, { last, from, hashes });
  const messages = [message('events', keepCheckpoint({ sequence: row.sequence }))];
  if (app.config.checkpoints.url !== undefined) {
    messages.push(message('events', sendCheckpoint({ sequence: row.sequence })));
  }
  const committed = await commit(app.database, { by, changes: [], once: [checkpointOnce(row)], messages });
  return committed.ok && (gap > 0 || found.length === ENTRIES_PER_CHECKPOINT);
}

async function sign(
  app: App,
  by: Provenance,
  of: { last: CheckpointRow | undefined; from: number; hashes: readonly string[] },
): Promise<CheckpointRow> {
  const attestor = await openAttestor(app.config.attestation);
  const claims: CheckpointClaims = {
    issuer: app.config.publicUrl,
    keyId: attestor.keyId,
    epoch: app.config.restoreEpoch,
    sequence: (of.last?.sequence ?? 0) + 1,
    previousHash: of.last?.hash ?? null,
    from: of.from,
    to: of.from + of.hashes.length - 1,
    root: await rootOf(of.hashes),
    at: by.at,
  };
  const { epoch, sequence, from: fromPlace, to: toPlace, root, at } = claims;
  return { sequence, epoch, fromPlace, toPlace, root, at, ...(await attestor.signAs(CHECKPOINT, claims)) };
}

async function tellBroken(app: App, by: Provenance, about: number, detail: string): Promise<void> {
  const of = { kind: 'journal_broken', about: String(about), accountId: null, detail } as const;
  await commit(app.database, { by, changes: await openIncident(app.database, by, of) });
}

/** Puts the copy where D1 cannot reach: once there it is never written again. */
export const keepCheckpointCopy = consumer('events', KeepCheckpoint, async (app, { sequence }, by) => {
  const row = await findCheckpoint(app.database, sequence);
  if (row === undefined) return 'done';
  const { fromPlace, toPlace } = row;
  const found = await listHashesAfter(app.database, fromPlace - 1, toPlace - fromPlace + 1);
  const hashes = found.map(({ hash }) => hash);
  if ((await rootOf(hashes)) !== row.root) {
    await tellBroken(app, by, fromPlace, `The entries of checkpoint ${sequence} are not those that were signed.`);
    return 'done';
  }
  const kept = await keepCopy(app.bindings.ARCHIVE, row, hashes);
  if (kept === 'another')
    await tellBroken(app, by, fromPlace, `The archive holds another checkpoint ${sequence} of the epoch ${row.epoch}.`);
  return 'done';
});

/** Tells an address outside, so that not even whoever holds this system could show two histories. */
export const sendCheckpointOutside = consumer('events', SendCheckpoint, async (app, { sequence }) => {
  const { url, token } = app.config.checkpoints;
  const row = await findCheckpoint(app.database, sequence);
  if (row === undefined || url === undefined) return 'done';
  const body = JSON.stringify({ sequence, hash: row.hash, jws: row.jws });
  const answer = await postTo({ url, token }, 'application/json', body);
  if (!answer.ok) app.log.error('checkpoint.not_taken', { sequence, reason: answer.reason });
  return answer.ok ? 'done' : 'again';
});
