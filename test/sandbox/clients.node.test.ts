/**
 * Programs of somebody else's, run as they would be: each a process that is given nothing but an .env file, against a
 * sandbox that `npm run sandbox` would start.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type SandboxProcess, startSandbox } from '../support/sandbox-process.ts';

const CLIENTS = join(import.meta.dirname, 'clients');
const USDC = '0x1c7d4b196cb0c7b01d743fbc6116a902379c7238';
const SPENDER = '0x8617E340B3D01FA5F11F306F4090FD50E238070D';
const OTHER = '0x52908400098527886E0F7030069857D2E4169EE7';

let sandbox: SandboxProcess;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox?.stop());

const running = new Set<Program>();
afterAll(() => Promise.all([...running].map((program) => program.stop())));

/** Nothing that this process knows, but where its programs are. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) if (name !== 'PATH') delete environment[name];
  return environment;
}

class Program {
  output = '';
  readonly #child;
  readonly #ended;

  constructor(name: string, envFile: string, args: readonly string[]) {
    const [folder = '', file = ''] = name.split('/');
    const argv = [`--env-file=${envFile}`, file, ...args];
    this.#child = spawn(process.execPath, argv, { cwd: join(CLIENTS, folder), env: bareEnvironment() });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk;
      });
    }
    this.#ended = once(this.#child, 'close');
    running.add(this);
  }

  async end(): Promise<{ code: number | null; output: string }> {
    await this.#ended;
    running.delete(this);
    return { code: this.#child.exitCode, output: this.output };
  }

  stop() {
    this.#child.kill('SIGTERM');
    return this.end();
  }

  /** What it says must match before long. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return vi.waitFor(
      () => {
        const found = pattern.exec(this.output);
        if (found === null) throw new Error(`it has not said ${pattern}, but:\n${this.output}`);
        return found;
      },
      { timeout: 20_000, interval: 50 },
    );
  }
}

const run = (name: string, envFile: string, ...args: string[]) => new Program(name, envFile, args).end();

/** A program that must succeed; what it prints. */
async function output(name: string, envFile: string, ...args: string[]): Promise<string> {
  const { code, output: text } = await run(name, envFile, ...args);
  expect(code, text).toBe(0);
  return text;
}

let files = 0;
function envFile(...parts: string[]): string {
  files += 1;
  const path = join(sandbox.folder, `${files}.env`);
  writeFileSync(path, parts.join('\n'));
  return path;
}

/** By the same helper that the manual names. */
const envOf = (account: string, ...userIds: string[]) =>
  output('/env.ts', envFile(`DFNS_API_URL=${sandbox.url}`), account, ...userIds);

const fund = (walletId: string, body: object) => sandbox.control('POST', `/wallets/${walletId}/fund`, body);
const decide = (approvalId: string, user: string, value: 'Approved' | 'Denied', reason: string) =>
  sandbox.control('POST', `/approvals/${approvalId}/decide`, { user, value, reason });
const serviceAccountsVote = () => sandbox.control('PUT', '/settings', { serviceAccountVotes: true });

function capture(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in:\n${text}`);
  return found;
}

describe('the programs', () => {
  it('import nothing but the SDK, its signer, viem, Node and one another', () => {
    const foreign = globSync('**/*.ts', { cwd: CLIENTS }).flatMap((file) => {
      const imports = readFileSync(join(CLIENTS, file), 'utf8').matchAll(/from '([^']+)'/g);
      const allowed = /^(@dfns\/sdk|@dfns\/sdk-keysigner|viem|node:[a-z/]+|\.\.?\/[a-z-]+\.ts)$/;
      return [...imports].flatMap(([, from = '']) => (allowed.test(from) ? [] : [`${file}: ${from}`]));
    });
    expect(foreign).toEqual([]);
  });
});

describe('the payroll', () => {
  async function prepare() {
    await sandbox.control('POST', '/reset', {});
    await serviceAccountsVote();
    const admin = await envOf('admin-1', 'REVIEWER_USER_ID=checker', 'HUMAN_USER_ID=compliance-1');
    const wallet = await output('payroll/prepare.ts', envFile(admin));
    const shared = `${wallet}\nTOKEN_CONTRACT=${USDC}`;
    const walletId = capture(wallet, /"(wa-[^"]+)"/);
    await fund(walletId, { kind: 'Native', amount: '1000000000000000000' });
    await fund(walletId, { kind: 'Erc20', contract: USDC, amount: '20000000000' });
    const payer = envFile(await envOf('maker'), shared, 'PAYROLL_RUN=2026-03');
    const reviewer = envFile(await envOf('checker'), shared, 'REVIEW_LIMIT=5000', 'REVIEW_PEOPLE=people.csv');
    return { payer, reviewer, admin, shared };
  }
  const statuses = (text: string) =>
    Object.fromEntries(
      [...text.matchAll(/^(\w+): [\d.]+ to 0x\w+: (\w+)/gm)].map(([, name, status]) => [name, status]),
    );

  it('has small payments approved by the reviewer, large ones by a person, strangers refused, and pays once', async () => {
    const { payer, reviewer } = await prepare();
    const first = await output('payroll/pay.ts', payer, 'payments.csv');
    expect(statuses(first)).toEqual({ Ada: 'Pending', Grace: 'Pending', Mallory: 'Pending' });

    const review = await output('payroll/review.ts', reviewer);
    expect(review).toContain('Approved: 1200.5 for Ada is within the limit');
    expect(review).toMatch(/Denied: 0xde709f2102306220921060314715629080e2fb77 is not on the list of people/i);
    const approvalId = capture(review, /Left to a person: 9000 for Grace is above the limit \((ap-[^)]+)\)/);
    expect(await output('payroll/review.ts', reviewer)).toBe(
      `Left to a person: 9000 for Grace is above the limit (${approvalId})\n`,
    );
    await decide(approvalId, 'compliance-1', 'Approved', 'Agreed bonus');
    await sandbox.control('POST', '/time/advance', { seconds: 60 });

    const again = await run('payroll/pay.ts', payer, 'payments.csv');
    expect(statuses(again.output)).toEqual({ Ada: 'Confirmed', Grace: 'Confirmed', Mallory: 'Rejected' });
    expect(again.code).toBe(1);
    const { wallets, transfers } = await sandbox.control<{
      wallets: { balances: { asset: string; units: string }[] }[];
      transfers: unknown[];
    }>('GET', '/overview');
    expect(transfers).toHaveLength(3);
    const [payroll] = wallets;
    expect(payroll?.balances).toContainEqual(expect.objectContaining({ asset: `erc20:${USDC}`, units: '9799500000' }));
  });

  it('is accepted also where Dfns answers 202, and a changed amount is a conflict', async () => {
    const { payer } = await prepare();
    await sandbox.control('PUT', '/settings', { pendingTransferStatus: 202 });
    const file = join(sandbox.folder, 'changed.csv');
    writeFileSync(file, `name,address,amount\nAda,${OTHER},1\n`);
    expect(statuses(await output('payroll/pay.ts', payer, file))).toEqual({ Ada: 'Pending' });
    writeFileSync(file, `name,address,amount\nAda,${OTHER},2\n`);
    const changed = await run('payroll/pay.ts', payer, file);
    expect([changed.code, statuses(changed.output)]).toEqual([1, { Ada: 'Conflict' }]);
  });

  it('has a reviewer without a vote while Dfns has not enabled votes of service accounts', async () => {
    const { payer, reviewer } = await prepare();
    await sandbox.control('PUT', '/settings', { serviceAccountVotes: false });
    await output('payroll/pay.ts', payer, 'payments.csv');
    const review = await run('payroll/review.ts', reviewer);
    expect(review.code).toBe(1);
    expect(review.output).toContain('User is not allowed to decide on this approval.');
  });
});

describe('the policy of contract calls', () => {
  it('approves the allowed call, refuses others of the token, and leaves what it does not know', async () => {
    await sandbox.control('POST', '/reset', {});
    await serviceAccountsVote();
    const admin = await envOf('admin-1', 'WATCHER_USER_ID=checker', 'HUMAN_USER_ID=compliance-1');
    const prepared = await output('call-policy/prepare.ts', envFile(admin));
    const [sender, walletId] = [envFile(prepared), capture(prepared, /CALL_WALLET_ID="([^"]+)"/)];
    await fund(walletId, { kind: 'Native', amount: '1000000000000000000' });
    const rules = [`RULE_TOKEN=${USDC}`, `RULE_SPENDER=${SPENDER}`, 'RULE_APPROVE_MAX=5000000', 'WATCH_SECONDS=0.2'];
    const watcher = envFile(await envOf('checker'), `CALL_WALLET_ID=${walletId}`, ...rules);
    const watch = new Program('call-policy/watch.ts', watcher, []);

    const send = async (...call: string[]) =>
      capture(await output('call-policy/send.ts', sender, ...call), /Pending (tx-\S+)/);
    const APPROVE = 'function approve(address,uint256)';
    const allowed = await send(USDC, APPROVE, SPENDER, '5000000');
    const tooMuch = await send(USDC, APPROVE, SPENDER, '5000001');
    const thief = await send(USDC, APPROVE, OTHER, '1');
    const transfer = await send(USDC, 'function transfer(address,uint256)', SPENDER, '1');
    const unknown = await send(USDC, 'function burn(uint256)', '1');
    const elsewhere = await send(OTHER, APPROVE, SPENDER, '1');

    await watch.says(/Approved: 0x8617\w+ may spend 5000000 \(/);
    await watch.says(/Denied: an allowance of 5000001 is too much/);
    await watch.says(/Denied: 0x5290\w+ may not spend/);
    await watch.says(/Denied: transfer is not allowed/);
    const [, leftId = ''] = await watch.says(/Left to a person: a function that is not known here \((ap-\S+)\)/);
    await watch.says(/Left to a person: a call of 0x5290/);
    await decide(leftId, 'compliance-1', 'Denied', 'Nothing is burnt');
    await sandbox.control('POST', '/time/advance', { seconds: 60 });
    expect((await watch.stop()).code).toBe(0);

    const { transactions } = await sandbox.control<{ transactions: { id: string; status: string }[] }>(
      'GET',
      '/overview',
    );
    expect(Object.fromEntries(transactions.map(({ id, status }) => [id, status]))).toEqual({
      [allowed]: 'Confirmed',
      [tooMuch]: 'Rejected',
      [thief]: 'Rejected',
      [transfer]: 'Rejected',
      [unknown]: 'Rejected',
      [elsewhere]: 'Pending',
    });
  });
});

describe('the gated key', () => {
  async function prepare(curve: string) {
    await sandbox.control('POST', '/reset', {});
    const admin = await envOf('admin-1', 'HUMAN_USER_ID=compliance-2');
    return envFile(await output('gated-key/prepare.ts', envFile(admin), curve), 'SIGN_WAIT_SECONDS=30');
  }

  it.each(['secp256k1', 'ed25519'])('of %s signs what a person approves, and the signature verifies', async (curve) => {
    const signer = await prepare(curve);
    const sign = new Program('gated-key/sign.ts', signer, ['release 1.4.2']);
    const [, approvalId = ''] = await sign.says(/Waiting for approval (ap-\S+)/);
    await decide(approvalId, 'compliance-2', 'Approved', 'Release reviewed');
    const { code, output: text } = await sign.end();
    expect([code, text]).toEqual([0, expect.stringMatching(/Signed and verified: 0x[0-9a-f]{128}/)]);
  });

  it('signs nothing that a person denies', async () => {
    const sign = new Program('gated-key/sign.ts', await prepare('secp256k1'), ['release 6.6.6']);
    const [, approvalId = ''] = await sign.says(/Waiting for approval (ap-\S+)/);
    await decide(approvalId, 'compliance-2', 'Denied', 'Not reviewed');
    const { code, output: text } = await sign.end();
    expect(code).toBe(1);
    expect(text).toContain('Rejected');
    expect(text).not.toContain('Signed');
  });
});
