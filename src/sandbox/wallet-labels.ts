/** Owns what a second wallet with the external id of a first one is. */
import type { Wallet } from './entities.ts';
import { Refused } from './errors.ts';
import type { World } from './world.ts';

/** Dfns calls it a label, so the same one twice makes two wallets; a setting may find the first one, or refuse. */
export function walletOfLabel({ store, settings }: World, externalId: string | undefined): Wallet | undefined {
  if (settings.repeatedWallet === 'second' || externalId === undefined) return undefined;
  const [wallet] = store.select(
    'wallets',
    `WHERE json_extract(body, '$.externalId') = ? ORDER BY seq LIMIT 1`,
    externalId,
  );
  if (wallet && settings.repeatedWallet === 'refuse') {
    throw new Refused(409, 'Conflicting wallet with same externalId', { duplicate: { id: wallet.id, externalId } });
  }
  return wallet;
}
