// The one place that renders a failure: a refusal becomes application/problem+json (RFC 9457).
import type { Context, TypedResponse } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Refusal, RefusalCode } from '../domain/refusal.ts';

export const catalogue = {
  token_missing: [401, 'A bearer token is needed.'],
  token_invalid: [401, 'The bearer token was not accepted.'],
  keys_unavailable: [503, 'The keys of the token issuer cannot be read at the moment. Try again.'],
  role_not_allowed: [403, 'Your role may not use this operation.'],
  not_found: [404, 'There is no such record.'],
  body_too_large: [413, 'The request body is too large.'],
  content_type_unsupported: [415, 'The content type of the request is not supported.'],
  body_malformed: [400, 'The request body is not valid JSON.'],
  input_invalid: [400, 'The request has fields that are not as documented.'],
  too_many_requests: [429, 'Too many requests. Try again in a minute.'],
  idempotency_key_missing: [400, 'This operation needs an Idempotency-Key header.'],
  idempotency_key_invalid: [400, 'An Idempotency-Key has 1 to 200 visible ASCII characters.'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used before for another request.'],
  idempotency_key_in_use: [409, 'A request with this Idempotency-Key is being carried out. Try again.'],
  not_configured: [503, 'The service is not configured.'],
  version_conflict: [409, 'The record changed meanwhile. Read it again and retry.'],
  wrong_status: [409, 'The record is not in a status that allows this.'],
  account_exists: [409, 'You already have an account.'],
  account_not_active: [409, 'The account is not active yet.'],
  network_not_held: [422, 'The account has no active wallet on this network.'],
  network_held: [409, 'The account has a wallet on this network already.'],
  network_not_offered: [422, 'Wallets are not opened on this network here.'],
  account_in_use: [409, 'The account holds money or has open work.'],
  limits_unchanged: [409, 'The limits are as wanted already.'],
  limits_lowering_not_allowed: [403, 'Your role may only propose to raise limits.'],
  limits_template_unsound: [503, 'The limits of this template are not in force at custody. Nothing was changed.'],
  limits_lowering_stands: [409, 'A lowering binds already and is not taken back.'],
  limits_change_open: [409, 'Another change of these limits waits for a decision.'],
  limits_change_needs_another_person: [403, 'A raise is decided by another person than those who asked for it.'],
  guard_missing: [503, 'Changes of approved lists are not reviewed at custody. Nothing was changed.'],
  guard_unsound: [503, 'The guard of approved lists at custody is unsound. Nothing was changed.'],
  fence_not_proven: [409, 'The last check of the account does not prove that its money is held in.'],
  instant_in_future: [422, 'Nothing is known yet about an instant in the future.'],
  instant_before_opening: [422, 'The account was not asked for yet at that instant.'],
  address_invalid: [422, 'The address is not valid on this network.'],
  address_forbidden: [422, 'Money may not be sent to this address.'],
  address_sanctioned: [422, 'The address was refused by compliance screening.'],
  destination_exists: [409, 'This address was asked for already.'],
  destination_not_approved: [409, 'The destination is not approved.'],
  list_does_not_match: [409, 'The approved list at custody does not match.'],
  screening_unavailable: [503, 'Addresses cannot be screened at the moment. Nothing was asked for.'],
  screening_list_incomplete: [409, 'Not every announced address of the list has been received.'],
  screening_list_differs: [422, 'The content received is not the content that was announced.'],
  proposal_expired: [409, 'The proposal was not confirmed in time. Ask for the address yourself.'],
  resume_needs_officer: [403, 'A compliance officer suspended this destination, and an officer opens it again.'],
  resume_needs_another_person: [403, 'A destination is opened again by another person than the one who suspended it.'],
  already_usable: [409, 'The cooling-off is over. Remove the destination instead.'],
  asset_unknown: [422, 'The asset is not known.'],
  asset_not_in_mandate: [422, 'The mandate does not name this asset.'],
  period_invalid: [422, 'The period is not valid.'],
  mandate_not_active: [409, 'The mandate is not active.'],
  mandate_not_valid_now: [409, 'The mandate is not valid at this time.'],
  schedule_never_fires: [422, 'The schedule can never fire.'],
  schedule_without_slots: [409, 'The schedule follows a trigger and has no next slot.'],
  order_limit_exceeded: [422, 'The amount exceeds the limit of the mandate for one order.'],
  daily_limit_exceeded: [422, 'The amount exceeds the daily limit of the mandate.'],
  account_limit_exceeded: [422, 'The amount exceeds the daily limit of the account.'],
  order_too_late: [409, 'The order is past the time until which it may start.'],
  amount_invalid: [422, 'The amount is not valid.'],
  order_exists: [409, 'An order was made with this Idempotency-Key before.'],
  order_recovered: [409, 'Custody has it from a time that this database forgot: it is taken up when it is due.'],
  wallet_busy: [409, 'A share is taken only when nothing else of the wallet is under way.'],
  no_fee_coin: [422, 'The wallet does not hold enough of the coin that pays the network fee.'],
  nothing_available: [422, 'Nothing is available to move.'],
  balance_too_low: [422, 'The amount exceeds what is available.'],
  halted: [409, 'New money movements are halted.'],
  key_expiry_invalid: [422, 'A key ends in the future, and within a year.'],
  key_opens_only: [403, 'This key reads the reports that it names, and nothing else.'],
  statement_code_invalid: [422, 'This is no verification code of a statement of ours, or it was altered.'],
  keys_too_many: [409, 'The account has as many keys as it can have. Revoke one first.'],
  halt_needs_another_person: [403, 'A halt is lifted by another person than the one who made it.'],
  halt_needs_higher_role: [403, 'A halt is lifted by an equal or higher role than that of its maker.'],
  halt_needs_intact_fence: [409, 'A halt for the fence is lifted only after a newer check found it intact.'],
  signature_invalid: [401, 'The signature of the webhook was not accepted.'],
  webhook_stale: [401, 'The webhook is too old.'],
  intake_unavailable: [503, 'The event could not be kept. Send it again.'],
  dead_letter_needs_another_person: [403, 'A message of money is sent again by another person than who proposed it.'],
  proof_from_the_future: [422, 'The proof is dated ahead of the present time.'],
  already_sent: [409, 'It is on the network already, where nobody can stop it.'],
  stop_requested: [409, 'Somebody asked to stop it.'],
  resolution_contradicted: [409, 'What custody shows of the transfer does not agree with this.'],
  resolution_needs_another_person: [403, 'Another person has to say the same of a transfer of this size.'],
  epoch_differs: [503, 'The database is not the one that this deployment stands for. No money moves.'],
  restore_under_way: [503, 'The database is being restored. No money moves before custody was read to the end.'],
  epoch_not_deployed: [409, 'The deployed RESTORE_EPOCH is another one. Deploy it first.'],
  epoch_exists: [409, 'The database has this epoch, or had it: a restore needs a new one.'],
  database_not_fresh: [409, 'The database or custody holds accounts already: use the restore.'],
  endpoint_url_refused: [422, 'Notices may not be sent to this URL.'],
  endpoint_not_verified: [422, 'The host does not serve the token that proves who owns it.'],
  endpoints_exhausted: [409, 'There are as many webhook endpoints as there may be. Delete one first.'],
  notice_not_mutable: [422, 'Notices of these kinds cannot be switched off.'],
  contact_code_wrong: [422, 'This is not the code that was mailed.'],
  contact_code_expired: [422, 'The code is not valid any more. Ask for a new one.'],
  contact_codes_exhausted: [429, 'Too many codes were asked for. Try again tomorrow.'],
  payout_file_invalid: [422, 'The file cannot be read as a batch of payouts. Nothing was kept.'],
  payout_batch_has_errors: [409, 'The batch has errors. Nothing is sent before each is put right.'],
  payout_rows_differ: [409, 'The rows are not those that you were shown. Read the batch again.'],
  payout_release_needs_another_person: [403, 'A batch is released by another person than its uploader and editors.'],
  payout_nothing_to_retry: [409, 'No payout of the batch failed.'],
  payout_rows_under_way: [409, 'Payouts of the batch are still on their way. Retry when each has come to an end.'],
  payout_held: [409, 'The batch of this payout is not running.'],
  payout_cap_reached: [409, 'What may leave within this time has left. It goes on as the time moves on.'],
  payout_recipient_sanctioned: [422, 'The recipient is on a sanctions list.'],
  payee_exists: [409, 'This address is a payee already.'],
  payee_needs_another_person: [403, 'A payee is confirmed by another person than the one who proposed it.'],
  hot_wallet_unfit: [422, 'The wallet cannot be one of the payout pool.'],
  hot_wallet_exists: [409, 'The wallet is one of the payout pool already.'],
  hot_wallet_busy: [409, 'Payouts of this wallet are under way. Pause the batch, and wait until they have ended.'],
  custody_unavailable: [503, 'Custody does not answer at the moment. Try again.'],
  evidence_too_large: [422, 'The period holds too much for one bundle. Ask for a shorter one.'],
  history_too_long: [422, 'The history is too long for one answer. Ask for an earlier end.'],
} as const satisfies Record<RefusalCode, readonly [status: ContentfulStatusCode, title: string]>;

/** The rule and its numbers in one text, as the desk and the client read them. */
export function explain({ code, ...facts }: Refusal): string {
  return `${catalogue[code][1]} ${JSON.stringify(facts)}`;
}

export const statusOf = (refusal: Refusal): ContentfulStatusCode => catalogue[refusal.code][0];

const RETRY_AFTER_SECONDS = { 429: 60, 503: 30 } as const;

/** Facts of the refusal are extra members; `instance` and `requestId` name the request to ask about. */
export function problem(c: Context, refusal: Refusal): Rendered {
  const { text, status, headers } = partsOf(refusal, c.get('requestId'));
  return rendered(c.body(text, status, headers));
}

/** The same for an answer that does not come by way of the router. */
export function problemResponse(refusal: Refusal, requestId: string): Response {
  const { text, status, headers } = partsOf(refusal, requestId);
  return new Response(text, { status, headers: { ...headers, 'x-request-id': requestId } });
}

function partsOf({ code, ...facts }: Refusal, requestId: string) {
  const [status, title] = catalogue[code];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 429 || status === 503) headers['retry-after'] = String(RETRY_AFTER_SECONDS[status]);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  const body = { type: `/problems/${code}`, title, status, code, instance: requestId, requestId, ...facts };
  return { text: JSON.stringify(body), status, headers };
}

type Rendered = Response & TypedResponse<never, never, never>;
// A route's type lists its JSON answers; a problem is of another media type and fits beside each of them.
const rendered = (response: Response): Rendered => response as Rendered;
