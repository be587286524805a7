/**
 * The page of the sandbox in a real browser, as a developer uses it: act as an officer, move the clock, see what comes of
 * it. Without a Chromium there is nothing to run it in, and it says so.
 */
import { existsSync } from 'node:fs';
import { DfnsApiClient } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type SandboxProcess, startSandbox } from '../support/sandbox-process.ts';

const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
if (!isThere) console.warn(`skipped: no Chromium at ${CHROMIUM}; CHROMIUM_PATH says where one is`);

const EXCHANGE = '0x1111111111111111111111111111111111111111';
const ETHER = '1000000000000000000';

type Access = { userId: string; authToken: string; credentialId: string; privateKey: string };
type Organization = {
  orgId: string;
  serviceAccounts: Record<'setup' | 'maker', Access>;
  users: Record<'compliance-1' | 'compliance-2', Access>;
};

describe.skipIf(!isThere)('the page', () => {
  let sandbox: SandboxProcess;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    [sandbox, browser] = await Promise.all([startSandbox(), chromium.launch({ executablePath: CHROMIUM })]);
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
  });

  beforeEach(async () => {
    await sandbox.control('POST', '/reset', {});
    complaints.length = 0;
    page = await browser.newPage();
    page.on('console', (message) => {
      // A browser reports every refusal, of which the page tells in words.
      const isRefusal = message.text().includes('the server responded with a status of 403');
      if (message.type() === 'error' && !isRefusal) complaints.push(message.text());
    });
    page.on('pageerror', (fault) => complaints.push(String(fault)));
    await page.goto(`${sandbox.url}/`);
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  const section = (id: string) => page.locator(`#${id}`);
  const shows = (id: string, text: string | RegExp) => section(id).getByText(text).first().waitFor({ timeout: 20_000 });

  /** A wallet with money whose transfers need two people within an hour, and one transfer that waits. */
  async function fill() {
    const { orgId, serviceAccounts, users } = await sandbox.control<Organization>('GET', '/organization');
    const client = ({ authToken, credentialId, privateKey }: Access) =>
      new DfnsApiClient({
        ...{ baseUrl: sandbox.url, orgId, authToken },
        signer: new AsymmetricKeySigner({ credId: credentialId, privateKey }),
      });
    const [setup, maker] = [client(serviceAccounts.setup), client(serviceAccounts.maker)];
    const wallet = await maker.wallets.createWallet({
      body: { network: 'EthereumSepolia', name: 'Treasury', tags: ['client:1'] },
    });
    await sandbox.control('POST', `/wallets/${wallet.id}/fund`, { kind: 'Native', amount: ETHER });
    const officers = [users['compliance-1'].userId, users['compliance-2'].userId];
    await setup.policies.createPolicy({
      body: {
        name: 'Two officers',
        activityKind: 'Wallets:Sign',
        rule: { kind: 'AlwaysTrigger' },
        filters: { walletTags: { hasAny: ['client:1'] } },
        action: {
          kind: 'RequestApproval',
          autoRejectTimeout: 60,
          approvalGroups: [{ name: 'Compliance', quorum: 2, approvers: { userId: { in: officers } } }],
        },
      },
    });
    const body = { kind: 'Native', to: EXCHANGE, amount: '250000000000000000' } as const;
    const transfer = await maker.wallets.transferAsset({ walletId: wallet.id, body });
    const state = async () =>
      (await maker.wallets.getTransfer({ walletId: wallet.id, transferId: transfer.id })).status;
    return { transfer, state };
  }

  const decideAs = async (officer: string, verb: 'Approve' | 'Deny') => {
    await page.getByLabel('Decide as').selectOption(officer);
    await section('approvals').getByRole('button', { name: verb }).click();
  };

  it('shows the wallet, the policy in words and the approval, and lets two officers approve it', async () => {
    const { transfer, state } = await fill();
    await shows('wallets', 'Treasury');
    await shows('wallets', '1 ETH');
    await shows(
      'policies',
      /a wallet tagged client:1 signs anything at all, it needs the approval of 2 of compliance-1, compliance-2 within 60 minutes/,
    );
    await shows('approvals', /Transfer of 0\.25 ETH from Treasury to/);
    await page.getByLabel('Reason').fill('Known exchange');
    await decideAs('compliance-1', 'Approve');
    await shows('approvals', 'Compliance, 1 of 2: compliance-1 Approved, compliance-2');
    expect(await state()).toBe('Pending');
    await decideAs('compliance-2', 'Approve');
    await shows('approvals', 'Nothing waits.');
    await shows('transfers', 'Confirmed');
    expect(await state()).toBe('Confirmed');
    const { approvalId } = transfer;
    const { decisions } = await approvalOf(String(approvalId));
    expect(decisions.map(({ reason }) => reason)).toEqual(['Known exchange', 'Known exchange']);
  });

  it('says why a person may not decide', async () => {
    const { state } = await fill();
    await shows('approvals', /Transfer of 0\.25 ETH/);
    await decideAs('auditor-1', 'Approve');
    await page.getByRole('alert').getByText('User is not allowed to decide on this approval.').waitFor();
    expect(await state()).toBe('Pending');
  });

  it('moves the clock, and what expires on the way is rejected', async () => {
    const { state } = await fill();
    await shows('approvals', /expires in (59 min|1 h 00 min)/);
    await page.getByRole('button', { name: '+1 h' }).click();
    await shows('approvals', 'Nothing waits.');
    await shows('transfers', 'Rejected');
    expect(await state()).toBe('Rejected');
    const { now } = await sandbox.control<{ now: string }>('GET', '/time');
    expect(Date.parse(now) - Date.now()).toBeGreaterThan(3_500_000);
    await vi.waitFor(async () => expect(await page.locator('#now').textContent()).toContain(now.slice(11, 16)));
  });

  it('funds a wallet, holds webhooks back and removes faults', async () => {
    await fill();
    await sandbox.control('POST', '/faults', { method: 'GET', path: '/keys', kind: 'status', status: 503, times: 2 });
    await section('wallets').getByRole('button', { name: '+1 ETH' }).click();
    await shows('wallets', '2 ETH');
    await page.getByLabel('Mode').selectOption('hold');
    await vi.waitFor(async () => expect(await sandbox.control('GET', '/webhooks/mode')).toEqual({ mode: 'hold' }));
    await shows('faults', 'GET /keys');
    await shows('faults', 'status, status 503');
    await section('faults').getByRole('button', { name: 'Remove all' }).click();
    await shows('faults', 'None: every request is served.');
    expect(await sandbox.control('GET', '/faults')).toEqual({ items: [] });
  });

  it('fits a phone and lets in nothing from elsewhere', async () => {
    await fill();
    await page.setViewportSize({ width: 360, height: 740 });
    await shows('approvals', /Transfer of 0\.25 ETH/);
    const widths = await page.evaluate('[document.documentElement.scrollWidth, window.innerWidth]');
    expect(widths).toEqual([360, 360]);
    const policy = (await fetch(`${sandbox.url}/`)).headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  });

  async function approvalOf(approvalId: string) {
    const { orgId, users } = await sandbox.control<Organization>('GET', '/organization');
    const { authToken } = users['compliance-1'];
    return new DfnsApiClient({ baseUrl: sandbox.url, orgId, authToken }).policies.getApproval({ approvalId });
  }
});
