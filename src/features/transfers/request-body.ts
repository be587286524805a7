// The exact request of a transfer, frozen before custody hears of it: every attempt sends these bytes.
import type { Asset } from '../../domain/asset.ts';

interface Money {
  readonly to: string;
  readonly units: bigint;
  readonly externalId: string;
  /** Frozen with the rest: judged with a sponsor, it is sent with that one whatever the setting says by then. */
  readonly sponsor: string | undefined;
}

export function requestBodyOf({ contract }: Asset, { to, units, externalId, sponsor }: Money): string {
  const money = {
    ...{ to, amount: units.toString(), externalId },
    ...(sponsor === undefined ? {} : { feeSponsorId: sponsor }),
  };
  return JSON.stringify(contract === undefined ? { kind: 'Native', ...money } : { kind: 'Erc20', contract, ...money });
}
