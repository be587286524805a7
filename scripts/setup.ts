// npm run setup -- plan|apply: compares the organisation at Dfns with what is wanted, and creates what is missing. It runs
// with the set-up service account, which no Worker ever holds.
import { DfnsApiClient } from '@dfns/sdk';
import { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
import { keepWebhook, readWebhook } from './local.ts';
import { applySetup, planSetup, type Step } from './setup/apply.ts';
import type { Wanted } from './setup/wanted.ts';

const needed = [
  'DFNS_API_URL',
  'DFNS_ORG_ID',
  'SETUP_AUTH_TOKEN',
  'SETUP_CREDENTIAL_ID',
  'SETUP_PRIVATE_KEY',
  'SETUP_OFFICERS',
  'PUBLIC_URL',
] as const;

function readSettings(): Record<(typeof needed)[number], string> {
  const missing = needed.filter((name) => !process.env[name]);
  if (missing.length > 0) {
    console.error(`setup needs these environment variables: ${missing.join(', ')}`);
    console.error('SETUP_OFFICERS are the Dfns user ids (us-...) of the human officers, separated by commas.');
    process.exit(2);
  }
  return Object.fromEntries(needed.map((name) => [name, process.env[name] ?? ''])) as Record<
    (typeof needed)[number],
    string
  >;
}

const show = ({ what, state }: Step): void =>
  console.log(
    `${{ right: '  ', create: '+ ', differs: '! ' }[state]}${what}${state === 'differs' ? ' differs from what is wanted' : ''}`,
  );

const command = process.argv[2] ?? 'apply';
if (command !== 'plan' && command !== 'apply') {
  console.error('usage: npm run setup -- plan|apply');
  process.exit(2);
}
const settings = readSettings();
const dfns = new DfnsApiClient({
  baseUrl: settings.DFNS_API_URL,
  orgId: settings.DFNS_ORG_ID,
  authToken: settings.SETUP_AUTH_TOKEN,
  signer: new AsymmetricKeySigner({ credId: settings.SETUP_CREDENTIAL_ID, privateKey: settings.SETUP_PRIVATE_KEY }),
});
const wanted: Wanted = {
  officers: settings.SETUP_OFFICERS.split(',').map((id) => id.trim()),
  quorum: 1,
  webhookUrl: `${settings.PUBLIC_URL.replace(/\/$/, '')}/webhooks/dfns`,
};
if (command === 'plan') {
  const steps = await planSetup(dfns, wanted, readWebhook());
  steps.forEach(show);
  process.exit(steps.some(({ state }) => state === 'differs') ? 1 : 0);
}
const { steps, webhook } = await applySetup(dfns, wanted, readWebhook());
steps.forEach(show);
keepWebhook(webhook);
console.log(
  'The secret of the webhook is in .wrangler/state/webhook.json; give it to the Worker as DFNS_WEBHOOK_SECRETS.',
);
