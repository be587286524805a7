// Instants as ISO 8601 UTC text with milliseconds, which sorts as it reads. Time enters as a parameter, never a clock.

export type Timestamp = string;

const MILLISECONDS_PER_SECOND = 1000;

export const timestamp = (milliseconds: number): Timestamp => new Date(milliseconds).toISOString();
export const addSeconds = (at: Timestamp, seconds: number): Timestamp =>
  timestamp(Date.parse(at) + seconds * MILLISECONDS_PER_SECOND);
export const secondsBetween = (from: Timestamp, to: Timestamp): number =>
  (Date.parse(to) - Date.parse(from)) / MILLISECONDS_PER_SECOND;
/** Whether a list shows that it goes back in time: nothing in it is later than what stands before it, and it does move. */
export const isNewestFirst = (instants: readonly Timestamp[]): boolean =>
  instants.every((at, index) => at <= (instants[index - 1] ?? at)) && (instants.at(-1) ?? '') < (instants[0] ?? '');
/** The UTC day on which a daily limit counts, such as `2026-03-02`. */
export const utcDay = (at: Timestamp): string => at.slice(0, 10);
