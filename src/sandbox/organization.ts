/**
 * Owns all state of the sandbox and its time. Requests are read whole and then served synchronously, so each is one
 * transaction; what is due runs before it, at the instant it was due; deliveries leave afterwards, beside it.
 */
import { DurableObject } from 'cloudflare:workers';
import { serveApi } from './api.ts';
import { controlRoutes } from './controls.ts';
import { Courier } from './courier.ts';
import { type DerivedOrganization, deriveOrganization } from './derive.ts';
import { foundDirectory } from './directory.ts';
import { controlError, dfnsError, Refused } from './errors.ts';
import { applyFault, meetFault } from './faults.ts';
import { type Answer, type Call, type Machine, render, router } from './http.ts';
import { jobs } from './jobs.ts';
import { RateWindow } from './rate.ts';
import { Store } from './store.ts';
import { readSettings, type World } from './world.ts';

export type Env = { ORGANIZATION: DurableObjectNamespace<Organization>; SANDBOX_SEED?: string };

const CONTROLS = '/_sandbox';
const BODY_CHARACTERS_MAX = 1_000_000;
/** The least wait before an alarm, so that a job that is always due could not spin. */
const ALARM_MILLISECONDS_MIN = 20;

const findControl = router(controlRoutes);

export class Organization extends DurableObject<Env> {
  readonly #store: Store;
  readonly #organization: DerivedOrganization;
  readonly #courier: Courier;
  readonly #machine: Machine;
  readonly #rate = new RateWindow();
  #alarmAt: number | undefined;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#store = new Store(state.storage.sql);
    this.#organization = deriveOrganization(env.SANDBOX_SEED || this.#ownSeed());
    foundDirectory(this.#store, this.#organization);
    const transaction: Machine['transaction'] = (act) => this.#transaction(this.#now(), act);
    this.#machine = { transaction, advance: (milliseconds) => this.#advance(milliseconds) };
    this.#courier = new Courier(this.#store, transaction, () => this.#rearm());
  }

  override async fetch(request: Request): Promise<Response> {
    const { method, headers } = request;
    const call: Call = { method, headers, url: new URL(request.url), text: await readText(request), params: {} };
    this.#runDue();
    const first = await this.#serve(call);
    const answer = first.later ? await first.later(this.#machine) : first;
    this.#goOn();
    return render(answer);
  }

  override async alarm(): Promise<void> {
    this.#alarmAt = undefined;
    this.#runDue();
    // Not awaited: while an alarm runs there is no other, and a dead receiver would stop the clock.
    this.#goOn();
  }

  /** After whatever changed the state: what is to be sent leaves, and the next due instant is remembered. */
  #goOn(): void {
    this.#courier.start();
    this.#rearm();
  }

  async #serve(call: Call): Promise<Answer> {
    const isControl = call.url.pathname === CONTROLS || call.url.pathname.startsWith(`${CONTROLS}/`);
    if (isControl) return refusable(controlError, () => this.#serveControl(call));
    const limited = this.#limited(call);
    if (limited) return limited;
    const fault = this.#machine.transaction((world) => meetFault(world, call.method, call.url.pathname));
    const serve = () => {
      const answer = refusable(dfnsError, () => serveApi(this.#machine.transaction, withinSize(call)));
      this.#goOn(); // A fault may hold the answer back for long, but not its consequences.
      return answer;
    };
    return fault ? applyFault(fault, serve) : serve();
  }

  #serveControl(call: Call): Answer {
    const found = findControl(call.method, call.url.pathname);
    if (!found) throw new Refused(404, `No such control: ${call.method} ${call.url.pathname}`);
    const { route, params } = found;
    return this.#machine.transaction((world) => route.serve(world, { ...withinSize(call), params }));
  }

  #limited({ url }: Call): Answer | undefined {
    const { rateLimitPerMinute, rateLimitCountsSigning } = readSettings(this.#store);
    if (!rateLimitCountsSigning && isSigning(url)) return undefined;
    const seconds = this.#rate.hit(this.#now(), rateLimitPerMinute);
    if (seconds === undefined) return undefined;
    const headers = { 'Retry-After': String(seconds) };
    return { status: 429, headers, body: dfnsError(429, 'Too many requests.') };
  }

  /** Synchronous, hence atomic: what throws leaves nothing behind. */
  #transaction<T>(now: number, act: (world: World) => T): T {
    return this.ctx.storage.transactionSync(() => {
      const settings = readSettings(this.#store);
      return act({ store: this.#store, now, settings, organization: this.#organization });
    });
  }

  #ownSeed(): string {
    const kept = this.#store.meta('seed');
    if (kept !== undefined) return kept;
    const seed = crypto.randomUUID();
    this.#store.setMeta('seed', seed);
    return seed;
  }

  #offset(): number {
    return Number(this.#store.meta('clockOffset') ?? 0);
  }

  #now(): number {
    return Date.now() + this.#offset();
  }

  /** The clock never goes back, except by a reset. */
  #moveTo(instant: number): void {
    if (instant > this.#now()) this.#store.setMeta('clockOffset', String(instant - Date.now()));
  }

  async #advance(milliseconds: number): Promise<number> {
    const target = this.#now() + milliseconds;
    await this.#courier.idle();
    for (let job = this.#store.nextJob(); job && job.due <= target; job = this.#store.nextJob()) {
      this.#moveTo(job.due);
      this.#runJob(job);
      // An attempt that fails decides whether another becomes due before the target.
      await this.#courier.idle();
    }
    this.#moveTo(target);
    return this.#now();
  }

  #runDue(): void {
    const now = this.#now();
    for (let job = this.#store.nextJob(); job && job.due <= now; job = this.#store.nextJob()) this.#runJob(job);
  }

  #runJob({ seq, due, kind, subject }: { seq: number; due: number; kind: string; subject: string }): void {
    try {
      this.#transaction(due, (world) => {
        world.store.removeJob(seq);
        jobs[kind]?.(world, subject);
      });
    } catch (fault) {
      // A job that cannot be done would otherwise stay the next one for ever.
      console.error(`sandbox: job ${kind} of ${subject} failed`, fault);
      this.#store.removeJob(seq);
    }
  }

  /** Wakes the object for the next job, so that things happen without anyone asking. */
  #rearm(): void {
    const job = this.#store.nextJob();
    if (!job) return;
    const at = Math.max(job.due - this.#offset(), Date.now() + ALARM_MILLISECONDS_MIN);
    const isArmed = this.#alarmAt !== undefined && this.#alarmAt > Date.now() && this.#alarmAt <= at;
    if (isArmed) return;
    this.#alarmAt = at;
    this.ctx.storage.setAlarm(at);
  }
}

const isSigning = ({ pathname }: URL) => pathname === '/auth/action' || pathname === '/auth/action/init';

/** Not `text()`, which warns about every form that the identity provider is sent. */
const readText = async (request: Request) => new TextDecoder().decode(await request.arrayBuffer());

function withinSize(call: Call): Call {
  if (call.text.length > BODY_CHARACTERS_MAX) throw new Refused(413, 'The body is too large.');
  return call;
}

type ErrorBody = (status: number, message: string, details?: Record<string, unknown>) => unknown;

/** The one place where a refusal becomes an answer. Anything else that is thrown is a bug of the sandbox, and is shown. */
function refusable(body: ErrorBody, serve: () => Answer): Answer {
  try {
    return serve();
  } catch (fault) {
    if (fault instanceof Refused) {
      return { status: fault.status, body: body(fault.status, fault.message, fault.details) };
    }
    console.error('sandbox: unexpected', fault);
    return { status: 500, body: body(500, 'The sandbox failed.') };
  }
}
