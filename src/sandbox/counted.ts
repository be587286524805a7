/** Owns the count of rows that the sandbox reads and writes, as its database reports them. */

export type Sql = Pick<SqlStorage, 'exec'>;
export type Statistics = { rowsRead: number; rowsWritten: number };

/** Every statement of the sandbox is run to its end before the next one begins: only then is its count complete. */
export class CountedSql implements Sql {
  readonly #sql: Sql;
  #rowsRead = 0;
  #rowsWritten = 0;
  #last: { rowsRead: number; rowsWritten: number } | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  exec<T extends Record<string, SqlStorageValue>>(query: string, ...values: unknown[]): SqlStorageCursor<T> {
    this.#add();
    const cursor = this.#sql.exec<T>(query, ...values);
    this.#last = cursor;
    return cursor;
  }

  /** Since the sandbox was started. */
  statistics(): Statistics {
    this.#add();
    return { rowsRead: this.#rowsRead, rowsWritten: this.#rowsWritten };
  }

  #add(): void {
    this.#rowsRead += this.#last?.rowsRead ?? 0;
    this.#rowsWritten += this.#last?.rowsWritten ?? 0;
    this.#last = undefined;
  }
}
