// npm run deploy -- staging|production [--dry-run]: migrations first (they only expand), then the Worker. The local settings
// of wrangler.toml are never deployed. npm run deploy:checker does the same with the checker, and with nothing else.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { databases, quietly } from './local.ts';

const environment = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
const flags = process.argv.slice(2).filter((argument) => argument !== environment);
const isDryRun = flags.includes('--dry-run');
const isChecker = flags.includes('--checker');
const { config } = isChecker ? databases.checker : databases.product;
const known = ['--dry-run', '--checker'];
if ((environment !== 'staging' && environment !== 'production') || flags.some((flag) => !known.includes(flag))) {
  console.error(`usage: npm run ${isChecker ? 'deploy:checker' : 'deploy'} -- staging|production [--dry-run]`);
  process.exit(2);
}

const section = readFileSync(config, 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#'));
const from = section.indexOf(`[env.${environment}]`);
const until = section.findIndex((line, index) => index > from && /^\[env\.\w+\]$/.test(line));
const unfilled = section.slice(from, until < 0 ? undefined : until).filter((line) => /FILL-IN|example\.com/.test(line));
if (unfilled.length > 0 && !isDryRun) {
  console.error(`${config} is not filled in for ${environment}:\n${unfilled.map((line) => `  ${line}`).join('\n')}`);
  process.exit(1);
}

// Interactive on purpose: signing in to the platform is a person's act.
const { CI: _, WRANGLER_LOG: __, ...environmentOfPerson } = { ...process.env, ...quietly };
function wrangler(...args: string[]): void {
  const { status } = spawnSync(
    'node_modules/.bin/wrangler',
    [...args, '--config', config, '--env', environment ?? ''],
    {
      env: environmentOfPerson,
      stdio: 'inherit',
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
if (!isDryRun) wrangler('d1', 'migrations', 'apply', 'DB', '--remote');
wrangler('deploy', ...(isDryRun ? ['--dry-run'] : []));
