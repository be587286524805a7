// The triggers by which a database refuses what a machine table does not allow. Each database has its own tables; the text is
// the same for all.

const quoted = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ');

/** For a table whose rows have `id`, `version` and `status`. */
export function machineTriggers(table: string, machine: Readonly<Record<string, readonly string[]>>): string[] {
  const legal = Object.entries(machine)
    .filter(([, next]) => next.length > 0)
    .map(([from, next]) => `(OLD.status = '${from}' AND NEW.status IN (${quoted(next)}))`);
  return [
    `CREATE TRIGGER ${table}_status_known BEFORE INSERT ON ${table}
WHEN NEW.status NOT IN (${quoted(Object.keys(machine))})
BEGIN SELECT RAISE(ABORT, '${table}: unknown status'); END`,
    `CREATE TRIGGER ${table}_status_moves BEFORE UPDATE OF status ON ${table}
WHEN OLD.status <> NEW.status AND NOT (${legal.join(' OR ')})
BEGIN SELECT RAISE(ABORT, '${table}: illegal transition'); END`,
    `CREATE TRIGGER ${table}_version_rises BEFORE UPDATE ON ${table}
WHEN NEW.version <> OLD.version + 1 OR NEW.id <> OLD.id
BEGIN SELECT RAISE(ABORT, '${table}: version must rise by one'); END`,
    `CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table}
BEGIN SELECT RAISE(ABORT, '${table}: records are not deleted'); END`,
    `CREATE TRIGGER ${table}_no_replace BEFORE INSERT ON ${table}
WHEN EXISTS (SELECT 1 FROM ${table} WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '${table}: records are not replaced'); END`,
  ];
}
