// Writes what is generated from the code: the next migration (tables by drizzle-kit, triggers from the machine tables)
// and the types of the bindings. Run after a change of src/store/schema.ts, of a machine or of wrangler.toml.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { triggers } from '../src/store/triggers.ts';
import { migrationArguments } from './local.ts';

const MIGRATIONS = 'migrations';
const BREAKPOINT = '\n--> statement-breakpoint\n';

const name = process.argv[2];
if (name === undefined) throw new Error('usage: npm run generate -- noun_verb');
const run = (...args: string[]) => execFileSync(`node_modules/.bin/${args[0]}`, args.slice(1), { stdio: 'inherit' });
const migrationFiles = () =>
  readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql'))
    .sort();
const drizzle = (...args: string[]) => run('drizzle-kit', ...migrationArguments(MIGRATIONS), ...args);

drizzle('--name', name);
const written = migrationFiles()
  .map((file) => readFileSync(`${MIGRATIONS}/${file}`, 'utf8'))
  .join('\n');
const missing = triggers.filter((trigger) => !written.includes(trigger));
if (missing.length > 0) {
  drizzle('--custom', '--name', `${name}_triggers`);
  const file = migrationFiles().at(-1);
  const statements = missing.flatMap((trigger) => {
    const named = /CREATE TRIGGER (\w+)/.exec(trigger)?.[1];
    return written.includes(`CREATE TRIGGER ${named} `) ? [`DROP TRIGGER ${named};`, `${trigger};`] : [`${trigger};`];
  });
  writeFileSync(`${MIGRATIONS}/${file}`, `${statements.join(BREAKPOINT)}\n`);
}
run('wrangler', 'types', '--include-runtime=false', 'src/bindings.d.ts', '-c', 'wrangler.toml');
