// The sandbox as tests run it: all of its state can be taken and put back, so that what many tests begin with is made once.
import { Organization as Sandbox } from '../../src/sandbox/organization.ts';
import { META, OTHER_TABLES, SCHEMA } from '../../src/sandbox/schema.ts';

export { default } from '../../src/sandbox/worker.ts';

type Row = Record<string, SqlStorageValue>;
interface State {
  /** Its clock runs on from here, however long ago it was taken. */
  readonly now: string;
  readonly tables: Readonly<Record<string, readonly Row[]>>;
}

export class Organization extends Sandbox {
  override async fetch(request: Request): Promise<Response> {
    const { origin, pathname } = new URL(request.url);
    if (pathname !== '/_sandbox/state') return super.fetch(request);
    if (request.method === 'PUT') this.#put(await request.json<State>());
    // Reading the clock also arms the alarm for what is now due.
    const { now } = await (await super.fetch(new Request(`${origin}/_sandbox/time`))).json<{ now: string }>();
    return Response.json(request.method === 'GET' ? { now, tables: this.#take() } : {});
  }

  #tables(): string[] {
    const others = this.ctx.storage.sql.exec<{ name: string }>(OTHER_TABLES).toArray();
    return ['meta', ...others.map(({ name }) => name)];
  }

  #take(): State['tables'] {
    const rows = (table: string) => this.ctx.storage.sql.exec<Row>(`SELECT * FROM ${table}`).toArray();
    return Object.fromEntries(this.#tables().map((table) => [table, rows(table)]));
  }

  #put({ now, tables }: State): void {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      sql.exec(META);
      sql.exec(SCHEMA);
      for (const table of this.#tables()) sql.exec(`DELETE FROM ${table}`);
      for (const [table, rows] of Object.entries(tables)) {
        for (const row of rows) {
          const marks = Object.keys(row).map(() => '?');
          sql.exec(`INSERT INTO ${table} (${Object.keys(row)}) VALUES (${marks})`, ...Object.values(row));
        }
      }
      const offset = String(Date.parse(now) - Date.now());
      sql.exec(`INSERT OR REPLACE INTO meta (key, value) VALUES ('clockOffset', ?)`, offset);
    });
  }
}
