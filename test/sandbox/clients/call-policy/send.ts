/** Sends one contract call: `send.ts 0xcontract "function approve(address,uint256)" 0xspender 1000000`. */
import { type Abi, encodeFunctionData, parseAbi } from 'viem';
import { accepted, connect, setting } from '../dfns.ts';

const [to, signature = '', ...args] = process.argv.slice(2);
const data = encodeFunctionData({ abi: abiOf(signature), args });
const transaction = await accepted(
  connect().wallets.broadcastTransaction({
    walletId: setting('CALL_WALLET_ID'),
    body: { kind: 'Eip1559', ...(to !== undefined && { to }), data },
  }),
);
console.log(`${transaction.status} ${transaction.id}`);

/** Written on the command line, so its types are known only at run time; viem checks the arguments against it. */
function abiOf(text: string): Abi {
  return parseAbi([text]) as Abi;
}
