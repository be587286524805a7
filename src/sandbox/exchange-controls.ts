/** Owns the controls of exchanges: what their own website would show or do. */
import * as z from 'zod';
import { parse, readJson } from './errors.ts';
import { requireAccount } from './exchanges.ts';
import { type Answer, type Call, ok, type Route } from './http.ts';
import { familyOf, networks } from './networks.ts';
import { depositAddress, listVenueBalances, move } from './venues.ts';
import type { World } from './world.ts';

const ACCOUNT = '/_sandbox/exchanges/:exchangeId/accounts/:accountId';
const DECIMALS_MAX = 18;
const CreditBody = z.strictObject({
  symbol: z.string().regex(/^[A-Z0-9]{1,20}$/),
  /** Whole coins, as exchanges count. */
  amount: z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'must be a decimal number with at most 18 places'),
});

export const exchangeControlRoutes: readonly Route<Call>[] = [
  { method: 'GET', path: `${ACCOUNT}/deposit-addresses`, serve: listDepositAddresses },
  { method: 'POST', path: `${ACCOUNT}/credit`, serve: credit },
];

/** What a customer reads on the website of the exchange, in order to have the address approved. */
function listDepositAddresses(world: World, call: Call): Answer {
  const account = requireAccount(world, call);
  const items = Object.keys(networks).map((network) => ({
    ...{ network, family: familyOf(network), address: depositAddress(world, account, network) },
  }));
  return ok({ items });
}

function credit(world: World, call: Call): Answer {
  const account = requireAccount(world, call);
  const { symbol, amount } = parse(CreditBody, readJson(call.text), 'body');
  const [whole = '0', fraction = ''] = amount.split('.');
  move(world, account, symbol, BigInt(whole + fraction.padEnd(DECIMALS_MAX, '0')), DECIMALS_MAX);
  return ok({ items: listVenueBalances(world, account) });
}
