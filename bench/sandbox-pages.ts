// Promise: a page of a list reads as many rows of a hundred thousand as of a thousand. The sandbox counts them itself.
import { clientOf, control, type Reading, type Sandbox } from './support/sandbox.ts';

const SIZES = [1_000, 10_000, 100_000];
const PER_CALL = 1_000;
const TOKEN = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';

interface Statistics {
  readonly rowsRead: number;
}

export async function sandboxPages({ url }: Sandbox): Promise<Reading> {
  const client = await clientOf(url, 'admin-1');
  const bulk = { network: 'EthereumSepolia', times: PER_CALL };
  let walletId: string | undefined;
  const grow = async () => {
    const { walletIds } = await control<{ walletIds: string[] }>(url, 'POST', '/wallets/bulk', bulk);
    walletId ??= walletIds[0];
    const deposit = { kind: 'Erc20', contract: TOKEN, amount: '1', times: PER_CALL };
    await control(url, 'POST', `/wallets/${walletId}/fund`, deposit);
  };
  const rowsRead = async () => (await control<Statistics>(url, 'GET', '/statistics')).rowsRead;
  const costOf = async (path: string) => {
    const [first, second] = [await rowsRead(), await rowsRead()];
    const { items } = JSON.parse(await client.read(path));
    if (items.length !== 100) throw new Error(`${path} has ${items.length} items`);
    return (await rowsRead()) - second - (second - first);
  };
  const costs: Record<string, number>[] = [];
  let size = 0;
  for (const wanted of SIZES) {
    for (; size < wanted; size += PER_CALL) await grow();
    costs.push({
      wallets: await costOf('/wallets'),
      keys: await costOf('/keys'),
      history: await costOf(`/wallets/${walletId}/history`),
      'history by kind': await costOf(`/wallets/${walletId}/history?kind=Erc20Transfer&direction=In`),
      'all history': await costOf('/wallets/all/history?startTime=2026-01-01&endTime=2200-01-01'),
    });
  }
  const [few = {}] = costs;
  const isKept = costs.every((cost) => JSON.stringify(cost) === JSON.stringify(few));
  // Counts are exact: nothing that the machine does can excuse a difference.
  if (!isKept) throw new Error(`the rows read differ with the size of the table: ${JSON.stringify(costs)}`);
  const listed = Object.entries(few).map(([list, rows]) => `${list} ${rows}`);
  return {
    promise: 'sandbox: rows read for a page of 100',
    measured: `${listed.join(', ')}`,
    limit: `the same of ${SIZES.map((each) => each.toLocaleString('en')).join(', ')}`,
    isKept,
  };
}
