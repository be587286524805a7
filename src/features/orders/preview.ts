// What would happen to an order if it ran now: judged by the very code that runs it, and by the live policies of custody.
// Nothing is written and nothing moves.

import type { App } from '../../app/app.ts';
import { type Judgement, judgeOrder } from '../../app/order-judgement.ts';
import { notAfterOf } from '../../domain/order.ts';
import { accept, type Result } from '../../domain/result.ts';
import type { Timestamp } from '../../domain/time.ts';
import type { Scope } from '../../store/database.ts';
import { type CustodyPreview, previewCustody } from './preview-custody.ts';
import { type ReadWish, readWish, type Wish } from './wish.ts';

export interface Preview extends Judgement {
  readonly at: Timestamp;
  readonly wish: ReadWish;
  /** Undefined where the account has no such wallet or no amount can be said. */
  readonly custody: CustodyPreview | undefined;
}

export async function previewOrder(app: App, at: Timestamp, scope: Scope, asked: Wish): Promise<Result<Preview>> {
  const wish = await readWish(app, scope, asked);
  if (!wish.ok) return wish;
  const order = { ...wish.value, notAfter: notAfterOf(at, at) };
  const judged = await judgeOrder(app, order, at, { isThorough: true });
  const { place, units } = judged;
  const custody =
    place === undefined || units === undefined ? undefined : await previewCustody(app, judged, place, units, at);
  return accept({ ...judged, at, wish: wish.value, custody });
}
