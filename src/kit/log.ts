// One JSON object a line. Only ids, codes and counts: no names, addresses, tokens or bodies.

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;
export interface Log {
  info(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const consoleLog: Log = {
  info: (event, fields) => console.log(JSON.stringify({ level: 'info', event, ...fields })),
  error: (event, fields) => console.error(JSON.stringify({ level: 'error', event, ...fields })),
};

/** What may be said of a fault in a log: its kind and where it was thrown, not its message, which may quote data. */
export const faultFields = (fault: unknown): LogFields => ({
  fault: fault instanceof Error ? fault.name : typeof fault,
  at: fault instanceof Error ? fault.stack?.split('\n')[1]?.trim() : undefined,
});
