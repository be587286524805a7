/**
 * Pays what a CSV file says, in an ERC-20 token: `pay.ts payments.csv`. Run it again to see how the payments stand: each
 * person is paid once per PAYROLL_RUN, because Dfns knows every payment by its external id.
 */
import { createHash } from 'node:crypto';
import { DfnsError } from '@dfns/sdk';
import { formatUnits } from 'viem';
import { accepted, connect, setting } from '../dfns.ts';
import { type Payment, readPayments, TOKEN_DECIMALS } from './people.ts';

const HTTP_CONFLICT = 409;
const dfns = connect();
const [path = 'payments.csv'] = process.argv.slice(2);
const [walletId, contract, run] = [setting('PAYROLL_WALLET_ID'), setting('TOKEN_CONTRACT'), setting('PAYROLL_RUN')];

/** At most 50 characters for Dfns, whatever people are called. */
const externalIdOf = (name: string) =>
  `payroll-${createHash('sha256').update(`${run}\n${name}`).digest('hex').slice(0, 32)}`;

async function pay({ name, address, units }: Payment): Promise<string> {
  const externalId = externalIdOf(name);
  const body = { kind: 'Erc20', contract, to: address, amount: units.toString(), externalId } as const;
  try {
    const { status, reason } = await accepted(dfns.wallets.transferAsset({ walletId, body }));
    return reason === undefined ? status : `${status} (${reason})`;
  } catch (fault) {
    if (!(fault instanceof DfnsError) || fault.httpStatus !== HTTP_CONFLICT) throw fault;
    return `Conflict (the run ${run} has paid ${name} something else)`;
  }
}

for (const payment of readPayments(path)) {
  const outcome = await pay(payment);
  console.log(`${payment.name}: ${formatUnits(payment.units, TOKEN_DECIMALS)} to ${payment.address}: ${outcome}`);
  if (/^(Failed|Rejected|Conflict)/.test(outcome)) process.exitCode = 1;
}
