// The closed union of every expected "no". Adding a member without a line in the problem catalogue does not compile.

export type Refusal =
  // The caller and the request
  | { code: 'token_missing' }
  | { code: 'token_invalid'; reason: string }
  | { code: 'keys_unavailable' }
  | { code: 'role_not_allowed'; allowed: readonly string[] }
  | { code: 'not_found' }
  | { code: 'body_too_large'; bytesMax: number }
  | { code: 'content_type_unsupported'; expected: string }
  | { code: 'body_malformed' }
  | { code: 'input_invalid'; fields: readonly { field: string; problem: string }[] }
  | { code: 'too_many_requests' }
  | { code: 'idempotency_key_missing' }
  | { code: 'idempotency_key_invalid' }
  | { code: 'idempotency_key_reused' }
  | { code: 'idempotency_key_in_use' }
  | { code: 'not_configured'; settings: readonly string[] }
  // Stops after the hand-over
  | { code: 'already_sent'; transactionHash: string }
  | { code: 'stop_requested'; reason: string }
  // Two at once
  | { code: 'version_conflict' }
  | { code: 'wrong_status'; subject: string; found: string; needed: string }
  // Accounts and their fence
  | { code: 'account_exists'; accountId: string }
  | { code: 'account_not_active'; found: string }
  | { code: 'network_not_held'; network: string }
  | { code: 'network_held'; network: string; walletId: string }
  | { code: 'network_not_offered'; network: string; offered: readonly string[] }
  | { code: 'account_in_use'; reasons: readonly { reason: string; id?: string; asset?: string; units?: string }[] }
  | { code: 'limits_unchanged' }
  | { code: 'limits_lowering_not_allowed'; allowed: readonly string[] }
  | { code: 'limits_template_unsound'; template: string; problems: readonly string[] }
  | { code: 'limits_lowering_stands'; changeId: string }
  | { code: 'limits_change_open'; changeId: string }
  | { code: 'limits_change_needs_another_person' }
  | { code: 'guard_missing' }
  | { code: 'guard_unsound'; problems: readonly string[] }
  | { code: 'fence_not_proven'; result: string; checkedAt: string | null }
  // The past
  | { code: 'instant_in_future'; asOf: string; now: string }
  | { code: 'instant_before_opening'; asOf: string; openedFrom: string }
  // Destinations
  | { code: 'address_invalid'; network: string; reason: string }
  | { code: 'address_forbidden'; reason: string }
  | { code: 'address_sanctioned'; destinationId: string }
  | { code: 'destination_exists'; destinationId: string }
  | { code: 'destination_not_approved'; found: string }
  | { code: 'list_does_not_match'; policyId: string }
  // Sanctions screening
  | { code: 'screening_unavailable' }
  | { code: 'screening_list_incomplete'; wanted: number; received: number }
  | { code: 'screening_list_differs'; announced: string; received: string }
  | { code: 'proposal_expired'; expiresAt: string }
  | { code: 'resume_needs_officer'; reason: string }
  | { code: 'resume_needs_another_person' }
  | { code: 'already_usable'; usableFrom: string }
  // Mandates, schedules, orders
  | { code: 'asset_unknown'; asset: string }
  | { code: 'asset_not_in_mandate'; asset: string }
  | { code: 'period_invalid'; reason: string }
  | { code: 'mandate_not_active'; found: string }
  | { code: 'mandate_not_valid_now'; validFrom: string; validUntil: string }
  | { code: 'schedule_never_fires'; reason: string }
  | { code: 'schedule_without_slots' }
  | { code: 'order_limit_exceeded'; limit: string; requested: string; asset: string }
  | { code: 'daily_limit_exceeded'; limit: string; used: string; requested: string; asset: string }
  | { code: 'account_limit_exceeded'; limit: string; used: string; requested: string; asset: string }
  | { code: 'order_too_late'; notAfter: string }
  | { code: 'amount_invalid'; reason: string }
  | { code: 'order_exists'; orderId: string }
  | { code: 'order_recovered' }
  | { code: 'wallet_busy'; transferIds: readonly string[] }
  | { code: 'no_fee_coin'; asset: string; held: string; needed: string }
  | { code: 'nothing_available'; asset: string; held: string; inFlight: string; feeReserve: string; floor: string }
  | {
      code: 'balance_too_low';
      asset: string;
      held: string;
      inFlight: string;
      feeReserve: string;
      available: string;
      requested: string;
    }
  // Restore
  | { code: 'epoch_differs'; found: 'none' | 'another' }
  | { code: 'restore_under_way'; startedAt: string }
  | { code: 'epoch_not_deployed' }
  | { code: 'epoch_exists' }
  | { code: 'database_not_fresh'; found: string }
  // Halts
  | { code: 'halted'; level: string; reason: string }
  | { code: 'key_expiry_invalid'; after: string; latest: string }
  | { code: 'key_opens_only'; reports: readonly string[] }
  | { code: 'keys_too_many' }
  | { code: 'statement_code_invalid' }
  | { code: 'halt_needs_another_person' }
  | { code: 'halt_needs_higher_role' }
  | { code: 'halt_needs_intact_fence' }
  // Webhooks
  | { code: 'signature_invalid' }
  | { code: 'webhook_stale' }
  | { code: 'intake_unavailable' }
  | { code: 'dead_letter_needs_another_person' }
  // Permission proofs
  | { code: 'proof_from_the_future'; provenAt: string }
  // Transfers
  | { code: 'resolution_contradicted'; found: string }
  | { code: 'resolution_needs_another_person' }
  // Notices
  | { code: 'endpoint_url_refused'; reason: string }
  | { code: 'endpoint_not_verified'; reason: string }
  | { code: 'endpoints_exhausted'; most: number }
  | { code: 'notice_not_mutable'; kinds: readonly string[] }
  | { code: 'contact_code_wrong' }
  | { code: 'contact_code_expired'; expiresAt: string }
  | { code: 'contact_codes_exhausted'; perDay: number }
  // Payouts
  | { code: 'payout_file_invalid'; line: number; reason: string }
  | { code: 'payout_batch_has_errors'; invalidRows: number; problems: readonly string[] }
  | { code: 'payout_rows_differ'; checked: string }
  | { code: 'payout_release_needs_another_person' }
  | { code: 'payout_nothing_to_retry' }
  | { code: 'payout_rows_under_way'; rows: number }
  | { code: 'payout_held'; found: string }
  | { code: 'payout_cap_reached'; asset: string; period: string; limit: string; used: string; requested: string }
  | { code: 'payout_recipient_sanctioned' }
  | { code: 'payee_exists'; payeeId: string }
  | { code: 'payee_needs_another_person' }
  | { code: 'hot_wallet_unfit'; reason: string }
  | { code: 'hot_wallet_exists' }
  | { code: 'hot_wallet_busy' }
  // Custody
  | { code: 'custody_unavailable' }
  | { code: 'history_too_long'; rowsMax: number }
  // Evidence
  | { code: 'evidence_too_large'; of: string; max: number };

export type RefusalCode = Refusal['code'];

/** Members of a problem body that a fact of a refusal may not take the place of. */
type Reserved = 'type' | 'title' | 'status' | 'instance' | 'requestId';
type FactNames<R> = R extends Refusal ? Exclude<keyof R, 'code'> : never;
/** Does not compile when a refusal uses a reserved name. */
export const noReservedFact: Extract<FactNames<Refusal>, Reserved> extends never ? true : never = true;
