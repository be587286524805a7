// What D1 was seen to do, as one list of observations: the real one in the Workers runtime and the stand-in of the simulation
// must both show exactly this. Facts: platform facts, section 1.3.

/** The text of a fault, without the prefix that says who reports it. */
const faultOf = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'no fault';
  } catch (fault) {
    return String(fault instanceof Error ? fault.message : fault);
  }
};

export async function observe(database: D1Database): Promise<Record<string, unknown>> {
  const run = (text: string, ...values: unknown[]) =>
    database
      .prepare(text)
      .bind(...values)
      .all();
  const typeOf = async (value: unknown) => (await run('SELECT typeof(?) AS type', value)).results[0]?.type;
  await run('CREATE TABLE d1_contract (id TEXT PRIMARY KEY, version INTEGER NOT NULL, units TEXT) STRICT');
  await run('CREATE TABLE d1_guard (rule TEXT NOT NULL)');
  await run(`CREATE TRIGGER d1_guard_aborts BEFORE INSERT ON d1_guard
    BEGIN SELECT RAISE(ABORT, 'guard: ' || NEW.rule); END`);
  const insert = database.prepare('INSERT INTO d1_contract VALUES (?, ?, ?)');
  const update = database.prepare('UPDATE d1_contract SET version = version + 1 WHERE id = ? AND version = ?');
  const guard = database.prepare(`INSERT INTO d1_guard SELECT 'one row' WHERE (changes() = 1) IS NOT TRUE`);

  const inserted = await insert.bind('a', 1, '1').run();
  await insert.bind('number', 1, 1).run();
  const won = await database.batch([update.bind('a', 1), guard]);
  const lost = await faultOf(() => database.batch([insert.bind('b', 1, '1'), update.bind('a', 1), guard]));
  const taken = await faultOf(() => insert.bind('a', 1, '1').run());
  const marks = Array.from({ length: 101 }, () => '?').join(', ');
  const many = await faultOf(() => run(`SELECT ${marks}`, ...Array.from({ length: 101 }, () => 1)));
  return {
    types: [await typeOf(1), await typeOf('1'), await typeOf(true), await typeOf(null)],
    numberInText: (await run(`SELECT units FROM d1_contract WHERE id = 'number'`)).results,
    beyondPrecision: (await run('SELECT 9007199254740993 AS n')).results,
    inserted: { changes: inserted.meta.changes, results: inserted.results },
    won: won.map(({ results }) => results),
    lost: lost.includes('guard: one row'),
    rolledBack: (await run(`SELECT id FROM d1_contract WHERE id = 'b'`)).results,
    version: await database.prepare(`SELECT version FROM d1_contract WHERE id = 'a'`).first('version'),
    nothing: await database.prepare(`SELECT 1 FROM d1_contract WHERE id = 'none'`).first(),
    taken: taken.includes('UNIQUE constraint failed: d1_contract.id'),
    tooMany: many.includes('too many SQL variables'),
    bigint: (await faultOf(async () => run('SELECT ?', 1n))).includes('D1_TYPE_ERROR'),
    missing: (await faultOf(async () => run('SELECT ?', undefined))).includes('D1_TYPE_ERROR'),
    begin: (await faultOf(() => run('BEGIN'))) !== 'no fault',
    raw: await database.prepare(`SELECT id, version FROM d1_contract WHERE id = 'a'`).raw(),
    sameNames: await database.prepare('SELECT 1 AS n, 2 AS n').raw(),
    returning: (await run(`UPDATE d1_contract SET units = '5' WHERE id = 'a' RETURNING id, units`)).results,
    list: (await run('SELECT value FROM json_each(?) ORDER BY 1', '["x","y"]')).results,
  };
}

export const observed = {
  types: ['real', 'text', 'real', 'null'],
  numberInText: [{ units: '1.0' }],
  beyondPrecision: [{ n: 9007199254740992 }],
  inserted: { changes: 1, results: [] },
  won: [[], []],
  lost: true,
  rolledBack: [],
  version: 2,
  nothing: null,
  taken: true,
  tooMany: true,
  bigint: true,
  missing: true,
  begin: true,
  raw: [['a', 2]],
  sameNames: [[1, 2]],
  returning: [{ id: 'a', units: '5' }],
  list: [{ value: 'x' }, { value: 'y' }],
};
