/**
 * Owns the switches of the sandbox. Where the documentation of Dfns leaves a behaviour open, the likely reading is the
 * default and the other reading is a setting, so that a client can be tried under both.
 */
import * as z from 'zod';

const milliseconds = z.int().min(0).max(86_400_000);

export const Settings = z.strictObject({
  /** Requests per organisation and minute of sandbox time; null is no limit. */
  rateLimitPerMinute: z.int().min(1).nullable().default(null),
  /** Compare EVM addresses of whitelists exactly, as Dfns did before 2026. */
  strictAddressCase: z.boolean().default(false),
  /** Refuse API requests without a User-Agent, which Dfns documents as required. */
  requireUserAgent: z.boolean().default(false),
  /** Dfns staff must enable voting of service accounts for an organisation. */
  serviceAccountVotes: z.boolean().default(false),
  /** A change of a policy that already has a pending change: 409, or a second change request. */
  secondPendingChange: z.enum(['refuse', 'queue']).default('refuse'),
  /** Whether test networks have prices; without one every USD rule triggers. */
  testnetQuotes: z.boolean().default(true),
  /** The HTTP status of a transfer that waits for an approval. */
  pendingTransferStatus: z.union([z.literal(200), z.literal(202)]).default(200),
  /** A blocked transfer: 200 with a rejected transfer, or 403 and nothing kept. */
  blockedTransfer: z.enum(['reject', 'refuse']).default('reject'),
  /** Whether the activity being judged counts in its own velocity window. */
  velocityCountsCurrent: z.boolean().default(true),
  /** The status of an approval whose time has passed. */
  expiredApproval: z.enum(['Expired', 'Denied']).default('Expired'),
  /** `status: "Active"` in the body of a policy: ignored, or refused as an unknown field. */
  policyStatusInBody: z.enum(['ignore', 'refuse']).default('ignore'),
  /** What "same body" means for an external id: equal values, or equal text. */
  externalIdComparison: z.enum(['values', 'text']).default('values'),
  /** Which event the `retryOf` of a delivery names. */
  retryOf: z.enum(['previous', 'original']).default('previous'),
  /** Show deliveryFailed, deliveryAttempt and nextAttemptDate in webhook events: documented, absent from the types. */
  webhookEventDetails: z.boolean().default(false),
  /** A new wallet has no address until so much sandbox time has passed. */
  walletAddressDelayMilliseconds: milliseconds.default(0),
  /** The life of a transfer, counted from its request: executing, broadcasted, confirmed. */
  transferExecutingMilliseconds: milliseconds.default(300),
  transferBroadcastedMilliseconds: milliseconds.default(600),
  transferConfirmedMilliseconds: milliseconds.default(1000),
  /** Challenges and user action tokens live this long, on the real clock. */
  userActionSeconds: z.int().min(0).max(86_400).default(900),
});
export type Settings = z.infer<typeof Settings>;

export const defaultSettings: Settings = Settings.parse({});

/** A change names only some settings; defaults must not sneak in for the others. */
export const SettingsChange = z.strictObject(
  Object.fromEntries(Object.entries(Settings.shape).map(([name, field]) => [name, field.unwrap().optional()])),
);
