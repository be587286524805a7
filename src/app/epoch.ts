// Whether money may move in this database at all: its epoch is the deployed one, and no restore is under way.

import { judgeEpoch } from '../domain/epoch.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { Result } from '../domain/result.ts';
import type { Requirement } from '../store/commit.ts';
import { epochStands, findEpoch } from '../store/epochs.ts';
import type { App } from './app.ts';

/** Before anything is decided: also an end by a rule would be decided by records that may have forgotten. */
export const judgeDatabase = async (app: App): Promise<Result<void>> =>
  judgeEpoch(await findEpoch(app.database), app.config.restoreEpoch);

/** The same in the batch that hands over. */
export const databaseStands = (app: App): Requirement => ({
  holds: epochStands(app.config.restoreEpoch),
  refusal: { code: 'epoch_differs', found: 'another' } satisfies Refusal,
});
