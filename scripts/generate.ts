// Writes what is generated from the code: the next migration (tables by drizzle-kit, triggers from the machine tables)
// and the types of the bindings. Run after a change of src/store/schema.ts, of a machine or of wrangler.toml; with --checker
// for the database of the checker.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { triggers as triggersOfChecker } from '../src/checker/schema.ts';
import { triggers as triggersOfProduct } from '../src/store/triggers.ts';
import { databases, migrationArguments } from './local.ts';

const isChecker = process.argv.includes('--checker');
const files = isChecker ? databases.checker : databases.product;
const triggers = isChecker ? triggersOfChecker : triggersOfProduct;
const MIGRATIONS = files.migrations;
const BREAKPOINT = '\n--> statement-breakpoint\n';

const name = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
if (name === undefined) throw new Error('usage: npm run generate -- [--checker] noun_verb');
const run = (...args: string[]) => execFileSync(`node_modules/.bin/${args[0]}`, args.slice(1), { stdio: 'inherit' });
const migrationFiles = () =>
  readdirSync(MIGRATIONS)
    .filter((file) => file.endsWith('.sql'))
    .sort();
const drizzle = (...args: string[]) => run('drizzle-kit', ...migrationArguments(MIGRATIONS, files), ...args);

drizzle('--name', name);
leaveNewColumns();
const written = migrationFiles()
  .map((file) => readFileSync(`${MIGRATIONS}/${file}`, 'utf8'))
  .join('\n');
const missing = triggers.filter((trigger) => written.lastIndexOf(trigger) <= droppedAt(trigger));
if (missing.length > 0) {
  drizzle('--custom', '--name', `${name}_triggers`);
  const file = migrationFiles().at(-1);
  const statements = missing.flatMap((trigger) => {
    const named = /CREATE TRIGGER (\w+)/.exec(trigger)?.[1];
    const stands = written.lastIndexOf(`CREATE TRIGGER ${named} `) > droppedAt(trigger);
    return stands ? [`DROP TRIGGER ${named};`, `${trigger};`] : [`${trigger};`];
  });
  writeFileSync(`${MIGRATIONS}/${file}`, `${statements.join(BREAKPOINT)}\n`);
}

/** Where the table of a trigger was last rebuilt, which takes its triggers with it; -1 when it never was. */
function droppedAt(trigger: string): number {
  const table = /^CREATE TRIGGER \w+ .*? ON (\w+)/.exec(trigger)?.[1];
  return written.lastIndexOf(`DROP TABLE \`${table}\``);
}

/** Where a table is rebuilt and gets columns at once, drizzle-kit copies these too, from a table that has none of them: they get their default. */
function leaveNewColumns(): void {
  const file = `${MIGRATIONS}/${migrationFiles().at(-1)}`;
  const snapshots = readdirSync(`${MIGRATIONS}/meta`)
    .filter((name) => name.endsWith('_snapshot.json'))
    .sort();
  // The first migration rebuilds nothing.
  if (snapshots.length < 2) return;
  const before = JSON.parse(readFileSync(`${MIGRATIONS}/meta/${snapshots.at(-2)}`, 'utf8'));
  const text = readFileSync(file, 'utf8').replace(
    /INSERT INTO `__new_(\w+)`\(([^)]*)\) SELECT .*? FROM /g,
    (_, table: string, columns: string) => {
      const known = before.tables[table].columns;
      const copied = columns
        .split(', ')
        .filter((column) => column.replaceAll('"', '') in known)
        .join(', ');
      return `INSERT INTO \`__new_${table}\`(${copied}) SELECT ${copied} FROM `;
    },
  );
  writeFileSync(file, text);
}
run('wrangler', 'types', '--include-runtime=false', 'src/bindings.d.ts', '-c', 'wrangler.toml');
