// The page at /verify in a real browser, served as the door serves it: its own files, and a policy that forbids every
// connection. Without a Chromium there is nothing to run it in, and it says so.
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeVerifyPage } from '../../scripts/write-verify-page.ts';
import { CONTENT_SECURITY_POLICY } from '../../src/doors/verify/policy.ts';
import { corruptions, soundEvidence } from '../support/evidence.ts';

const CHROMIUM = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const isThere = existsSync(CHROMIUM);
if (!isThere) console.warn(`skipped: no Chromium at ${CHROMIUM}; CHROMIUM_PATH says where one is`);

describe.skipIf(!isThere)('the page at /verify', () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  let sound: { text: string; keys: string };
  const complaints: string[] = [];

  beforeAll(async () => {
    await writeVerifyPage();
    const { html, css, script } = await import('../../src/doors/verify/files.ts');
    const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
      '/verify': ['text/html', html],
      '/verify/page.css': ['text/css', css],
      '/verify/page.js': ['text/javascript', script],
    };
    server = createServer((request, response) => {
      const [type, text] = files[request.url ?? ''] ?? ['text/plain', ''];
      response.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
      response.setHeader('content-type', `${type}; charset=utf-8`);
      response.end(text);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    [browser, sound] = await Promise.all([chromium.launch({ executablePath: CHROMIUM }), soundEvidence()]);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  beforeEach(async () => {
    complaints.length = 0;
    page = await browser.newPage({ viewport: { width: 1100, height: 1400 } });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (fault) => complaints.push(String(fault)));
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/verify`);
  });
  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  async function verify(text: string): Promise<string> {
    await page.fill('#attestation', text);
    await page.fill('#keys', sound.keys);
    await page.click('button[type=submit]');
    await page.waitForSelector('#result:not([hidden])');
    return page.innerText('#result');
  }

  it('shows a sound bundle in words, with what it proves and what it cannot', async () => {
    const shown = await verify(sound.text);
    for (const words of ['Genuine', '9 entries of account', 'transaction 0xabc', 'What it cannot prove'])
      expect(shown).toContain(words);
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: true });
  });

  it('takes a bundle from a file, without a connection', async () => {
    await page.context().setOffline(true);
    const file = (name: string, text: string) => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
    await page.setInputFiles('#attestation-file', file('evidence.json', sound.text));
    await page.setInputFiles('#keys-file', file('keys.json', sound.keys));
    await expect.poll(() => page.inputValue('#attestation')).toBe(sound.text);
    await expect.poll(() => page.inputValue('#keys')).toBe(sound.keys);
    await page.click('button[type=submit]');
    await page.waitForSelector('.verdict.good');
  });

  it('refuses every corrupted one, and says why', async () => {
    for (const { name, change, words } of corruptions) {
      const evidence = JSON.parse(sound.text);
      await change(evidence);
      const shown = await verify(JSON.stringify(evidence));
      expect(shown, name).toContain('Refused: do not rely on this.');
      expect(shown, name).toContain(words);
    }
  });

  it('says of unbound entries that nothing binds them yet', async () => {
    expect(await verify((await soundEvidence(2)).text)).toContain('under no checkpoint yet');
    expect(await page.locator('.verdict.doubtful').count()).toBe(1);
  });
});
