/**
 * The reviewer of the payroll, a service account of its own with a list of people of its own. One look: what is within
 * its limit it approves, who is not on its list it refuses, everything else waits for a person.
 */
import { formatUnits, parseUnits } from 'viem';
import { type Approval, connect, type Decision, listWaiting, setting, vote } from '../dfns.ts';
import { readPeople, TOKEN_DECIMALS } from './people.ts';

const dfns = connect();
const people = readPeople(setting('REVIEW_PEOPLE'));
const limit = parseUnits(setting('REVIEW_LIMIT'), TOKEN_DECIMALS);

function judge({ activity }: Approval): Decision | string {
  const transfer = activity.kind === 'Wallets:Sign' ? activity.transferRequest : undefined;
  if (transfer?.walletId !== setting('PAYROLL_WALLET_ID')) return 'not a payment of the payroll';
  const { requestBody } = transfer;
  if (requestBody.kind !== 'Erc20') return `a payment of kind ${requestBody.kind}`;
  if (requestBody.contract.toLowerCase() !== setting('TOKEN_CONTRACT').toLowerCase()) return 'another token';
  const person = people.find(({ address }) => address.toLowerCase() === requestBody.to.toLowerCase());
  if (person === undefined) return { value: 'Denied', reason: `${requestBody.to} is not on the list of people` };
  const units = BigInt(requestBody.amount);
  const says = `${formatUnits(units, TOKEN_DECIMALS)} for ${person.name}`;
  return units > limit ? `${says} is above the limit` : { value: 'Approved', reason: `${says} is within the limit` };
}

for (const approval of await listWaiting(dfns)) {
  const verdict = judge(approval);
  if (typeof verdict === 'string') console.log(`Left to a person: ${verdict} (${approval.id})`);
  else if (await vote(dfns, approval.id, verdict)) console.log(`${verdict.value}: ${verdict.reason} (${approval.id})`);
  else console.log(`Settled by somebody else (${approval.id})`);
}
