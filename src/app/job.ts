// A scheduled job: bounded, safe to run twice or late; `scheduledTime` names the slot, never the clock.
import type { Timestamp } from '../domain/time.ts';
import type { App } from './app.ts';

export interface Tick {
  readonly scheduledTime: Timestamp;
}
export type Job = (app: App, tick: Tick) => Promise<void>;
