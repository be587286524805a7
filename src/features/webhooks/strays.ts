// A new wallet at custody on a key of ours that we did not ask for spends the same coins.
import { consumer } from '../../app/consumer.ts';
import { checkFence, LookAtStray } from '../../kit/messages.ts';
import { findWalletAtCustody, findWalletByKey } from '../../store/accounts.ts';
import { commit } from '../../store/commit.ts';
import { message } from '../../store/outbox.ts';
import { keepSightings } from '../../store/sightings.ts';

export const lookAtStray = consumer('events', LookAtStray, async (app, { custodyId }, by) => {
  const found = await app.custody.findWallet(custodyId);
  if (found === undefined || (await findWalletAtCustody(app.database, found.id)) !== undefined) return 'done';
  const ours = await findWalletByKey(app.database, found.keyId);
  if (ours === undefined) return 'done';
  await keepSightings(app.database, [{ custodyId: found.id, kind: 'stray', found, seenAt: by.at }]);
  const committed = await commit(app.database, {
    by,
    changes: [],
    messages: [message('events', checkFence({ accountId: ours.accountId }))],
  });
  return committed.ok ? 'done' : 'again';
});
