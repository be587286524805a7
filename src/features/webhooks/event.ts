// A Dfns webhook event: its envelope, and the key that says which fact it reports.
// https://docs.dfns.co/d/api-docs/webhooks and the page on event retries.
import * as z from 'zod';

export const WebhookEvent = z.looseObject({
  id: z.string().min(1).max(100),
  kind: z.string().min(1).max(100),
  data: z.record(z.string(), z.unknown()),
  date: z.string().optional(),
  deliveryAttempt: z.number().int().min(1).default(1),
  retryOf: z.string().max(100).optional(),
});
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** What arrives over HTTP also says when it was sent; an event read from custody's list need not. */
export const DeliveredEvent = WebhookEvent.extend({ timestampSent: z.number() });

const Entity = z.object({ id: z.string(), status: z.string() });
const Deposit = z.object({
  walletId: z.string(),
  txHash: z.string(),
  index: z.string().optional(),
  contract: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  value: z.string().optional(),
});

const Movement = z.object({ walletId: z.string() });

const entityOf = ({ data }: WebhookEvent) =>
  Entity.safeParse(data.transferRequest ?? data.transactionRequest ?? data.approval).data;

const Subject = z.object({ id: z.string() });

/** What an event is about, by custody's id: what it names of its kind, or the wallet where something moved. */
export function subjectOf({ data }: WebhookEvent): string | undefined {
  const named = data.transferRequest ?? data.transactionRequest ?? data.approval ?? data.wallet;
  return Subject.safeParse(named).data?.id ?? Movement.safeParse(data.blockchainEvent).data?.walletId;
}

/**
 * The same fact has the same key, whatever the delivery. A status of an entity is reported once; a deposit is its place
 * on the network; of everything else each first delivery is a fact of its own: a second untagging of a wallet is not a
 * duplicate of the first.
 */
export function keyOf(event: WebhookEvent, rootId: string): string {
  const entity = /^(wallet\.(transfer|transaction)|policy\.approval)\./.test(event.kind) ? entityOf(event) : undefined;
  if (entity !== undefined) return [event.kind, entity.id, entity.status].join('|');
  const deposit =
    event.kind === 'wallet.blockchainevent.detected' ? Deposit.safeParse(event.data.blockchainEvent).data : undefined;
  if (deposit === undefined) return [event.kind, rootId].join('|');
  const { walletId, txHash, index = '', contract = '', from = '', to = '', value = '' } = deposit;
  return [event.kind, walletId, txHash, index, contract, from, to, value].join('|');
}

/** The ids that an event names, and nothing else of it: what a queue message holds when the whole is too large. */
function withoutBulk(event: WebhookEvent): WebhookEvent {
  const kept = (value: unknown): unknown => {
    const parsed = z
      .object({
        id: z.string(),
        status: z.string(),
        walletId: z.string(),
        externalId: z.string(),
        txHash: z.string(),
        index: z.string(),
      })
      .partial()
      .safeParse(value);
    return parsed.success ? parsed.data : null;
  };
  const { id, kind, deliveryAttempt, retryOf } = event;
  const data = Object.fromEntries(Object.entries(event.data).map(([name, value]) => [name, kept(value)]));
  return { id, kind, data, deliveryAttempt, ...(retryOf === undefined ? {} : { retryOf }) };
}

/** A queue message holds 128,000 bytes, of which the body is one JSON text: what counts is its length with escapes. */
const MESSAGE_BYTES_MAX = 100_000;

/** JSON writes a character as six bytes at most: what is this short fits, and nothing has to be counted. */
const FITTING_CHARACTERS = MESSAGE_BYTES_MAX / 6;

const fits = (text: string): boolean =>
  text.length <= FITTING_CHARACTERS || new TextEncoder().encode(JSON.stringify(text)).byteLength <= MESSAGE_BYTES_MAX;

/**
 * The text that a queue message carries.
 * @param original the body as it was received, kept as it is where it fits
 */
export const messageText = (event: WebhookEvent, original = JSON.stringify(event)): string =>
  fits(original) ? original : JSON.stringify(withoutBulk(event));

/** What is signed and no event is kept for a person to look at: its beginning, where it is too large for a message. */
export const strangeText = (original: string): string =>
  fits(original) ? original : original.slice(0, FITTING_CHARACTERS);

/** Undefined for what is no JSON, which then is no event either. */
export function parseJson(original: string): unknown {
  try {
    return JSON.parse(original);
  } catch {
    // Signed, yet not JSON: kept for a person like anything else that is no event.
    return undefined;
  }
}
