/**
 * Owns the switches of the sandbox. Where the documentation of Dfns leaves a behaviour open, the likely reading is the
 * default and the other reading is a setting, so that a client can be tried under both.
 */
import * as z from 'zod';

const milliseconds = z.int().min(0).max(86_400_000);
const status = z.union([z.literal(400), z.literal(403), z.literal(409), z.literal(412), z.literal(422)]);

export const Settings = z.strictObject({
  /** Requests per organisation and minute of sandbox time; null is no limit. */
  rateLimitPerMinute: z.int().min(1).nullable().default(null),
  /** Whether the two calls that sign a user action count against that limit. */
  rateLimitCountsSigning: z.boolean().default(true),
  /** The order of every list. */
  listOrder: z.enum(['newest', 'oldest']).default('newest'),
  /** Compare EVM addresses of whitelists exactly, as Dfns did before 2026. */
  strictAddressCase: z.boolean().default(false),
  /** Refuse API requests without a User-Agent, which Dfns documents as required. */
  requireUserAgent: z.boolean().default(false),
  /** Dfns staff must enable voting of service accounts for an organisation. */
  serviceAccountVotes: z.boolean().default(false),
  /** A change of a policy that already has a pending change: 409, or a second change request. */
  secondPendingChange: z.enum(['refuse', 'queue']).default('refuse'),
  /** The status of that refusal. */
  secondPendingChangeStatus: status.default(409),
  /** The status of a change request that was denied or ran out of time. */
  deniedChange: z.enum(['Rejected', 'Failed']).default('Rejected'),
  /** What a change request calls the archiving of a policy. */
  archiveOperation: z.enum(['Update', 'Delete']).default('Update'),
  /** The most addresses of a list; null is no limit, as documented. */
  whitelistAddressesMax: z.int().min(1).nullable().default(null),
  /** Whether test networks have prices; without one every USD rule triggers. */
  testnetQuotes: z.boolean().default(true),
  /** The HTTP status of a transfer that waits for an approval. */
  pendingTransferStatus: z.union([z.literal(200), z.literal(202)]).default(200),
  /** A blocked transfer: 200 with a rejected transfer, or 403 and nothing kept. */
  blockedTransfer: z.enum(['reject', 'refuse']).default('reject'),
  /** Whether the activity being judged counts in its own velocity window. */
  velocityCountsCurrent: z.boolean().default(true),
  /** Whether a nominal limit triggers when the assets that move cannot be read. */
  unreadableNominal: z.enum(['trigger', 'pass']).default('trigger'),
  /** Whether a service account may connect an exchange: older documents say no, newer ones yes. */
  serviceAccountsCreateExchanges: z.boolean().default(false),
  /** Dfns lists two operations for cancelling and for speeding up: is one of them enough, or are both needed. */
  replacementOperations: z.enum(['either', 'both']).default('either'),
  /** What policies see as the recipient of a deposit at an exchange: its address, or nothing they can read. */
  exchangeDepositRecipient: z.enum(['address', 'unknown']).default('address'),
  /** A withdrawal above the balance of the account at the exchange. */
  withdrawalAboveBalanceStatus: status.default(412),
  /** The status of an approval whose time has passed. */
  expiredApproval: z.enum(['Expired', 'Denied']).default('Expired'),
  /** The status of a transfer, transaction or signature whose approval ran out of time. */
  expiredRequest: z.enum(['Rejected', 'Failed']).default('Rejected'),
  /** Who decides: the groups as they were when the approval was asked for, or those the policies have now. */
  approvalGroups: z.enum(['frozen', 'live']).default('frozen'),
  /** Votes that are not allowed, repeated, or too late. */
  voteNotAllowedStatus: status.default(403),
  voteRepeatedStatus: status.default(409),
  voteTooLateStatus: status.default(422),
  /** `status: "Active"` in the body of a policy: ignored, or refused as an unknown field. */
  policyStatusInBody: z.enum(['ignore', 'refuse']).default('ignore'),
  /** What "same body" means for an external id: equal values, or equal text. */
  externalIdComparison: z.enum(['values', 'text']).default('values'),
  /** A wallet whose external id another one has: a second wallet, the first one again, or 409. */
  repeatedWallet: z.enum(['second', 'first', 'refuse']).default('second'),
  /** Adding a tag that is there or removing one that is not: nothing happens, or 409. */
  unchangedTags: z.enum(['ignore', 'refuse']).default('ignore'),
  /** Which event the `retryOf` of a delivery names. */
  retryOf: z.enum(['previous', 'original']).default('previous'),
  /** What a webhook's signature covers: the bytes that are sent, or the parsed body written again. */
  signedWebhookBytes: z.enum(['sent', 'rewritten']).default('sent'),
  /** How long a delivery waits for its receiver, on the real clock. */
  webhookTimeoutMilliseconds: z.int().min(1).max(60_000).default(5000),
  /** Show deliveryFailed, deliveryAttempt and nextAttemptDate in webhook events: documented, absent from the types. */
  webhookEventDetails: z.boolean().default(false),
  /** A new wallet has no address until so much sandbox time has passed. */
  walletAddressDelayMilliseconds: milliseconds.default(0),
  /** The life of a transfer, counted from its request: executing, broadcasted, confirmed. */
  transferExecutingMilliseconds: milliseconds.default(300),
  transferBroadcastedMilliseconds: milliseconds.default(600),
  transferConfirmedMilliseconds: milliseconds.default(1000),
  /** What a new service account may do if it is given no permission: nothing, or what its creator may. */
  newServiceAccount: z.enum(['none', 'inherits']).default('none'),
  /** Whether a role may hold the names that operations have had since 2026, or only the older ones. */
  operationNames: z.enum(['both', 'older']).default('both'),
  /** Whether signing a user action needs `Auth:Action:Sign`, a name that the newest lists no longer have. */
  signingNeedsOperation: z.boolean().default(false),
  /** Deactivating or archiving a service account that a policy names as an approver, without force. */
  approverInUseStatus: z.union([z.literal(400), z.literal(409), z.literal(422)]).default(409),
  /** The longest range of the audit log; null is no limit, as in the newest documentation. */
  auditLogDaysMax: z.int().min(1).nullable().default(7),
  /** The most rows of the audit log in one answer. */
  auditLogRowsMax: z.int().min(1).max(100_000).default(100_000),
  /** A signature that nothing holds up is made in the same request, or so much later. */
  signatureSignedMilliseconds: milliseconds.default(0),
  /** Deleting a key that has active wallets: archives them too, or is refused. */
  deletedKeyWallets: z.enum(['archive', 'refuse']).default('archive'),
  /** Challenges and user action tokens live this long, on the real clock. */
  userActionSeconds: z.int().min(0).max(86_400).default(900),
  /** A user action token lives so long after its signing; null is as long as its challenge. */
  userActionTokenSeconds: z.int().min(0).max(86_400).nullable().default(null),
  /** A user action that was signed for another method, path or payload. */
  userActionMismatchStatus: status.default(403),
});
export type Settings = z.infer<typeof Settings>;

export const defaultSettings: Settings = Settings.parse({});

/** A change names only some settings; defaults must not sneak in for the others. */
export const SettingsChange = z.strictObject(
  Object.fromEntries(Object.entries(Settings.shape).map(([name, field]) => [name, field.unwrap().optional()])),
);
