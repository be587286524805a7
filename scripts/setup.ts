// npm run setup: compares the organisation at Dfns with scripts/setup/organization.ts, makes it so, proves who holds which
// rights, and rotates keys and webhook secrets. It runs with the set-up account, which no Worker ever holds: docs/setup.md.
import { DfnsError } from '@dfns/sdk';
import { applySetup, exitCodeOfApplied, planSetup } from './setup/apply.ts';
import { openDfns } from './setup/dfns.ts';
import type { Wanted } from './setup/organization.ts';
import { readPayees } from './setup/payees.ts';
import { exitCodeOf, exitCodes, type KeptWebhook, showPlan } from './setup/plan.ts';
import { proofOf, showProof } from './setup/prove.ts';
import { readOrganization } from './setup/read.ts';
import { addKey, type KeyRotation, makeKey, retireKey } from './setup/rotate-key.ts';
import { beginRotation, bothSecrets, finishRotation, type WebhookRotation } from './setup/rotate-webhook.ts';
import { findSecrets, forgetSecrets, keepSecrets, pathOf } from './setup/secrets.ts';
import { accessOf, required, SettingsMissing, wantedForChecker, wantedFrom } from './setup/settings.ts';

const USAGE = `usage: npm run setup -- plan [--json] [--checker] [--payees]
       npm run setup -- apply [--json] [--checker] [--payees]
       npm run setup -- prove [--json] [--no-store]
       npm run setup -- rotate-key maker|checker|setup [--show | --finish]
       npm run setup -- rotate-webhook-secret [--show | --finish] [--checker]

With --checker the webhook is that of the checker, and not that of the product.
With --payees the lists of known recipients are those that the product has now; without, they stay as they are.

Exit codes: 0 nothing to do; 1 something is to be done, or waits for an officer; 2 usage or settings;
            3 unsafe, nothing was done; 4 something could not be read, or Dfns or the product refused.`;

class Misused extends Error {}

const { env } = process;
const [command, ...words] = process.argv.slice(2);
const flags = words.filter((word) => word.startsWith('--'));
const names = words.filter((word) => !word.startsWith('--'));
const has = (flag: string): boolean => flags.includes(flag);
const allow = (most: number, ...known: readonly string[]): void => {
  const unknown = [...flags.filter((flag) => !known.includes(flag)), ...names.slice(most)];
  if (unknown.length > 0) throw new Misused(`unknown: ${unknown.join(' ')}`);
};

/** The webhook's secret is shown once by Dfns, so it is kept here; another machine knows the webhook by its id only. */
function keptWebhook({ webhookUrl }: Wanted): KeptWebhook | undefined {
  const kept = findSecrets<KeptWebhook>(webhookFile());
  if (kept !== undefined) return kept;
  return env.SETUP_WEBHOOK_ID && !isChecker() ? { id: env.SETUP_WEBHOOK_ID, url: webhookUrl } : undefined;
}
const isChecker = (): boolean => has('--checker');
const prefix = (): string => (isChecker() ? 'checker-' : '');
const webhookFile = (): string => `${prefix()}webhook-${required(env, 'DFNS_ORG_ID').DFNS_ORG_ID}`;
async function wantedHere(): Promise<Wanted> {
  const wanted = isChecker() ? wantedForChecker(env) : wantedFrom(env);
  return has('--payees') ? { ...wanted, payees: await readPayees(readProduct) } : wanted;
}

async function readProduct(path: string): Promise<unknown> {
  const { FIDUCIA_URL, FIDUCIA_TOKEN } = required(env, 'FIDUCIA_URL', 'FIDUCIA_TOKEN');
  const answer = await fetch(`${FIDUCIA_URL.replace(/\/$/, '')}${path}`, {
    headers: { authorization: `Bearer ${FIDUCIA_TOKEN}` },
  });
  if (!answer.ok) throw new Error(`The product did not tell its payees: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function plan(): Promise<number> {
  allow(0, '--json', '--checker', '--payees');
  const wanted = await wantedHere();
  const steps = await planSetup(openDfns(accessOf(env, 'setup')), wanted, keptWebhook(wanted));
  console.log(has('--json') ? JSON.stringify({ exitCode: exitCodeOf(steps), steps }, null, 2) : showPlan(steps));
  return exitCodeOf(steps);
}

async function apply(): Promise<number> {
  allow(0, '--json', '--checker', '--payees');
  const wanted = await wantedHere();
  const kept = keptWebhook(wanted);
  const applied = await applySetup(openDfns(accessOf(env, 'setup')), wanted, kept);
  const { steps, isRefused, done, webhook } = applied;
  const exitCode = exitCodeOfApplied(applied);
  const isNew = webhook?.secret !== undefined && webhook.id !== kept?.id;
  if (isNew) {
    keepSecrets(webhookFile(), webhook);
    keepSecrets(`${prefix()}webhook-secret`, { DFNS_WEBHOOK_SECRETS: webhook.secret });
  }
  if (has('--json')) {
    // Without the secret: what a CI prints is kept for years.
    console.log(JSON.stringify({ exitCode, isRefused, steps, done, webhookId: webhook?.id }, null, 2));
    return exitCode;
  }
  console.log(showPlan(steps));
  if (isRefused) console.log('\nNothing was done: what is unsafe or unknown comes first. See docs/setup.md.');
  for (const { what, approvalId } of done)
    console.log(approvalId === undefined ? `done: ${what}` : `waits for approval ${approvalId}: ${what}`);
  if (exitCode === exitCodes.changes) console.log('\nWhen the officers have decided in Dfns, run apply again.');
  if (isNew) sayHowToDeploy('The secret of the new webhook', `${prefix()}webhook-secret`);
  return exitCode;
}

/** The file, never what is in it. */
const sayHowToDeploy = (what: string, file: string): void =>
  console.log(
    `\n${what}: ${pathOf(file)}, for its owner only. To deploy it:\n  npx wrangler secret bulk ${pathOf(file)} --env production${file.startsWith('checker-') ? ' --config src/checker/wrangler.toml' : ''}\nThen delete the file, or keep it where you keep such things.`,
  );

async function prove(): Promise<number> {
  allow(0, '--json', '--no-store');
  const wanted = wantedFrom(env);
  const product = has('--no-store') ? undefined : required(env, 'FIDUCIA_URL', 'FIDUCIA_TOKEN');
  const found = await readOrganization(openDfns(accessOf(env, 'setup')));
  const proven = proofOf(wanted, found, new Date().toISOString());
  if (!proven.ok) {
    console.error(`Nothing is proven, since this could not be read:\n  ${proven.unread.join('\n  ')}`);
    return exitCodes.unknown;
  }
  console.log(has('--json') ? JSON.stringify(proven.proof, null, 2) : showProof(proven.proof));
  if (product !== undefined && !(await store(product, proven.proof))) return exitCodes.unknown;
  return proven.proof.findings.length === 0 ? exitCodes.nothing : exitCodes.unsafe;
}

async function store({ FIDUCIA_URL, FIDUCIA_TOKEN }: Record<'FIDUCIA_URL' | 'FIDUCIA_TOKEN', string>, proof: object) {
  const answer = await fetch(`${FIDUCIA_URL.replace(/\/$/, '')}/v1/permission-proofs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${FIDUCIA_TOKEN}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(proof),
  });
  if (!answer.ok) console.error(`The proof was not recorded: ${answer.status} ${await answer.text()}`);
  else if (!has('--json')) console.log('Recorded.');
  return answer.ok;
}

async function rotateKey(): Promise<number> {
  allow(1, '--show', '--finish');
  const [account] = names;
  if (account !== 'maker' && account !== 'checker' && account !== 'setup')
    throw new Misused('rotate-key takes maker, checker or setup');
  const access = accessOf(env, account);
  const [state, deployed] = [`${account}-${access.orgId}-rotation`, `${account}-key`];
  const under = findSecrets<KeyRotation>(state);
  if (has('--finish')) {
    if (under === undefined) throw new Misused(`no rotation of ${account} is under way (${pathOf(state)} is missing)`);
    await retireKey(access, under);
    forgetSecrets(state);
    console.log(`The old key of ${account} (${under.replacesId}) is off. Only ${under.credentialId} signs now.`);
    return exitCodes.nothing;
  }
  // Kept before Dfns knows it: an answer that is lost must not lose the key.
  const rotation = under ?? makeKey(access.credentialId);
  keepSecrets(state, rotation);
  await addKey(access, rotation);
  const secrets = { DFNS_CREDENTIAL_ID: rotation.credentialId, DFNS_PRIVATE_KEY: rotation.privateKey };
  keepSecrets(deployed, secrets);
  console.log(`A second key of ${account} is in force and was proven by a signed call; the old one still signs too.`);
  if (has('--show')) console.log(JSON.stringify(secrets, null, 2));
  if (account === 'setup') console.log(`It is in ${pathOf(deployed)}: put it where the set-up finds its credentials.`);
  else sayHowToDeploy('The new key', deployed);
  console.log(`When it is in use everywhere: npm run setup -- rotate-key ${account} --finish`);
  return exitCodes.nothing;
}

/** With what the product holds now: to deploy the new secret alone would refuse every delivery of the old webhook. */
function oldWebhook(wanted: Wanted): KeptWebhook & { readonly secret: string } {
  const kept = keptWebhook(wanted);
  if (kept === undefined) throw new Misused('no webhook is known here: run apply first, or set SETUP_WEBHOOK_ID');
  const secret = kept.secret ?? required(env, 'DFNS_WEBHOOK_SECRETS').DFNS_WEBHOOK_SECRETS;
  return { ...kept, secret };
}

async function rotateWebhookSecret(): Promise<number> {
  allow(0, '--show', '--finish', '--checker');
  const wanted = await wantedHere();
  const dfns = openDfns(accessOf(env, 'setup'));
  const [state, deployed] = [`${webhookFile()}-rotation`, `${prefix()}webhook-secret`];
  const under = findSecrets<WebhookRotation>(state);
  if (has('--finish')) {
    if (under === undefined) throw new Misused(`no rotation is under way (${pathOf(state)} is missing)`);
    if (!(await finishRotation(dfns, under))) {
      console.error('A ping of the new webhook was not accepted: is its secret deployed? Nothing was changed.');
      return exitCodes.unknown;
    }
    keepSecrets(webhookFile(), under.fresh);
    keepSecrets(deployed, { DFNS_WEBHOOK_SECRETS: under.fresh.secret });
    forgetSecrets(state);
    console.log(`The old webhook ${under.old.id} is deleted; ${under.fresh.id} delivers.`);
    sayHowToDeploy('The new secret alone', deployed);
    return exitCodes.nothing;
  }
  const rotation = under ?? (await beginRotation(dfns, wanted, oldWebhook(wanted)));
  keepSecrets(state, rotation);
  const secrets = { DFNS_WEBHOOK_SECRETS: bothSecrets(rotation) };
  keepSecrets(deployed, secrets);
  console.log(`A second webhook ${rotation.fresh.id} stands ready, disabled until its secret is deployed.`);
  if (has('--show')) console.log(JSON.stringify(secrets, null, 2));
  sayHowToDeploy('Both secrets', deployed);
  const flag = isChecker() ? ' --checker' : '';
  console.log(`When it is deployed: npm run setup -- rotate-webhook-secret --finish${flag}`);
  return exitCodes.nothing;
}

const commands: Readonly<Record<string, () => Promise<number>>> = {
  plan,
  apply,
  prove,
  'rotate-key': rotateKey,
  'rotate-webhook-secret': rotateWebhookSecret,
};

try {
  const run = commands[command ?? ''];
  if (run === undefined) throw new Misused(command === undefined ? 'no command' : `unknown command: ${command}`);
  process.exitCode = await run();
} catch (fault) {
  if (fault instanceof Misused) console.error(`${fault.message}\n\n${USAGE}`);
  else if (fault instanceof SettingsMissing) console.error(fault.message);
  else console.error(fault instanceof DfnsError ? `Dfns refused: ${fault.httpStatus} ${fault.message}` : fault);
  process.exitCode = fault instanceof Misused || fault instanceof SettingsMissing ? exitCodes.usage : exitCodes.unknown;
}
