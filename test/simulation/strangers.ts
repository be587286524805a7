// What a client's token is answered: nothing of another client's, whatever the client asks for. Whose a record is, is read in
// the database at that moment, and not taken from the request.

import { Broken } from './broken.ts';
import type { Call } from './deliver.ts';
import type { World } from './world.ts';

const tables: Readonly<Record<string, string>> = {
  ...{ acc: 'accounts', wal: 'wallets', dst: 'destinations', chg: 'policy_changes', mnd: 'mandates' },
  ...{ sch: 'schedules', ord: 'orders', xfr: 'transfers', hlt: 'halts', lim: 'limits_changes' },
};
/** Of the company: no client's token is shown one. */
const COMPANY = /\b(bat|pay|pye|hot)_[0-9A-Z]{26}\b/;
const OWNED = /\b([a-z]{3})_[0-9A-Z]{26}\b/g;
const HIDDEN = [403, 404];

/** Whose it is; undefined where nobody's, or where there is no such record. */
function ownerOf(world: World, id: string): string | undefined {
  const table = tables[id.slice(0, 3)];
  if (table === undefined) return undefined;
  const account = table === 'accounts' ? 'r.id' : 'r.account_id';
  return world.product.first<{ subject: string }>(
    `SELECT c.subject FROM ${table} r JOIN clients c ON c.account_id = ${account} WHERE r.id = ?`,
    id,
  )?.subject;
}

const ofOthers = (world: World, as: string, text: string): string[] =>
  [...new Set(text.match(OWNED))].filter((id) => (ownerOf(world, id) ?? as) !== as);

export function checkAnswer(world: World, call: Call, { status, text }: { status: number; text: string }): void {
  const { as, method, path, body } = call;
  if (!as.startsWith('client-')) return;
  const [shown] = ofOthers(world, as, text);
  const company = COMPANY.exec(text)?.[0];
  if (shown !== undefined || company !== undefined)
    throw new Broken('a client sees nothing of another', `${as} ${method} ${path} shows ${shown ?? company}`);
  const [named] = ofOthers(world, as, `${path} ${JSON.stringify(body ?? {})}`);
  // What goes wrong on our side tells nothing either.
  if (named !== undefined && status < 500 && !HIDDEN.includes(status))
    throw new Broken('a client reaches nothing of another', `${as} ${method} ${path} names ${named}: ${status}`);
}
