// Config: every setting of the product, parsed once, all complaints at once. Secrets are bindings beside the settings.
import * as z from 'zod';
import { type OpenableNetwork, openableNetworks, testnetsOrMainnets } from './domain/network.ts';
import type { LimitsByAsset } from './domain/payout-cap.ts';
import { accept, type Result } from './domain/result.ts';
import {
  asJson,
  custodyOf,
  custodySettings,
  notConfigured,
  tokenSettings,
  tokensOf,
  WebhookSecrets,
} from './kit/settings.ts';

/** What deploy sets as secrets; `wrangler types` knows only what stands in wrangler.toml. */
export interface Secrets {
  readonly DFNS_ORG_ID?: string;
  readonly DFNS_AUTH_TOKEN?: string;
  readonly DFNS_CREDENTIAL_ID?: string;
  readonly DFNS_PRIVATE_KEY?: string;
  readonly DFNS_WEBHOOK_SECRETS?: string;
  readonly ATTESTATION_KEY?: string;
  readonly NOTICE_KEYS?: string;
  readonly CHAT_WEBHOOKS?: string;
  readonly CHECKPOINT_TOKEN?: string;
  readonly SIEM_TOKEN?: string;
}
/** Settings are text here; `wrangler types` knows only the values of this file. */
export type Bindings = { readonly [Name in keyof Env]: Env[Name] extends string ? string : Env[Name] } & Secrets;

/** 32 bytes in base64url. */
const Bytes32 = z.string().regex(/^[\w-]{43}$/);
const ed25519 = { kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Bytes32 };
/** A private key where only public ones are published is refused: it would be a secret in a setting. */
const PublicKeys = z.array(z.looseObject({ ...ed25519, d: z.undefined().optional() }));
const PrivateKey = z.looseObject({ ...ed25519, d: Bytes32 });
const isPrivateKey = (text: string): boolean =>
  text.includes('-----BEGIN PRIVATE KEY-----') || PrivateKey.safeParse(asJson(text)).success;
/** An address outside, or none. No password in it: it is shown where settings are. */
const Outside = z
  .literal('')
  .or(z.url({ protocol: /^https$/ }).refine((url) => new URL(url).username === '', 'without credentials'))
  .default('')
  .transform((url) => (url === '' ? undefined : url));
/** Base units by asset id. */
const UnitsByAsset = z
  .record(z.string(), z.string().regex(/^\d{1,78}$/))
  .transform((sums) => new Map(Object.entries(sums).map(([asset, units]) => [asset, BigInt(units)])));
const Sum = z
  .string()
  .regex(/^\d{1,78}$/)
  .transform((units) => BigInt(units));
/** What the payout pool may let out, by asset id, in base units. */
const PayoutLimitsByAsset = z
  .record(
    z.string(),
    z
      .strictObject({
        ...{ perRow: Sum, perBatch: Sum, perHour: Sum, perDay: Sum },
        twoReleasersAbove: Sum.nullable().default(null),
      })
      .refine(({ perRow, perHour, perDay }) => perRow <= perHour && perRow <= perDay, 'a row would never go'),
  )
  .transform((limits): LimitsByAsset => new Map(Object.entries(limits)));
/** Ids of Dfns by network. */
const SponsorsByNetwork = z
  .partialRecord(z.enum(openableNetworks), z.string().min(1).max(100))
  .transform((sponsors): ReadonlyMap<string, string> => new Map(Object.entries(sponsors)));
/** 32 bytes in base64. */
const NoticeKey = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
const ChatWebhooks = z.strictObject({
  operator: z.url().optional(),
  compliance: z.url().optional(),
  admin: z.url().optional(),
});
const parted = (link: string): [string, string] => {
  const at = link.indexOf('=');
  return [link.slice(0, at), link.slice(at + 1)];
};
/** `Kraken=ex-.../spot,Binance=ex-.../funding`: the account at custody in which the money of a venue shows. */
const VenueAccounts = z
  .string()
  .transform((list) => (list === '' ? [] : list.split(',')))
  .pipe(z.array(z.string().regex(/^[^=,\s][^=,]{0,99}=[\w-]{1,64}\/[\w-]{1,64}$/)))
  .transform((links) => links.map(parted))
  .refine((links) => new Map(links).size === links.length, 'a venue is named once')
  .transform((links): ReadonlyMap<string, string> => new Map(links));
/** A week: longer than that nobody remembers what is waiting. */
const COOLING_OFF_HOURS_MAX = 168;
/** What Dfns allows an organisation, and one on trial a tenth of it. */
const CALLS_PER_MINUTE = 1000;
const CALLS_PER_MINUTE_MIN = 60;
const RECERTIFY_DAYS_MAX = 3650;

const Settings = z.object({
  ENVIRONMENT: z.enum(['local', 'staging', 'production']),
  PUBLIC_URL: z.url(),
  ...custodySettings,
  DFNS_WEBHOOK_SECRETS: WebhookSecrets,
  DFNS_DASHBOARD_URL: z.url().default('https://app.dfns.io'),
  DFNS_CALLS_PER_MINUTE: z.coerce.number().int().min(CALLS_PER_MINUTE_MIN).default(CALLS_PER_MINUTE),
  RESOLVE_ALONE_UP_TO: z.string().default('{}').transform(asJson).pipe(UnitsByAsset),
  VENUE_ACCOUNTS: VenueAccounts.default(new Map()),
  PAYOUT_LIMITS: z.string().default('{}').transform(asJson).pipe(PayoutLimitsByAsset),
  FEE_SPONSORS: z.string().default('{}').transform(asJson).pipe(SponsorsByNetwork),
  ATTESTATION_KEY: z.string().refine(isPrivateKey),
  ATTESTATION_PUBLIC_KEYS: z.string().default('[]').transform(asJson).pipe(PublicKeys),
  CHECKPOINT_URL: Outside,
  CHECKPOINT_TOKEN: z.string().min(1).optional(),
  SIEM_URL: Outside,
  SIEM_TOKEN: z.string().min(1).optional(),
  RESTORE_EPOCH: z.string().min(1),
  NETWORKS: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(openableNetworks)).min(1))
    .refine((networks) => testnetsOrMainnets(networks) !== 'both', 'test networks and main networks may not be mixed'),
  SCREENING_REQUIRED: z.enum(['true', 'false']).transform((text) => text === 'true'),
  COOLING_OFF_HOURS: z.coerce.number().int().min(0).max(COOLING_OFF_HOURS_MAX),
  NOTICE_KEYS: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(NoticeKey).min(1)),
  CHAT_WEBHOOKS: z.string().default('{}').transform(asJson).pipe(ChatWebhooks),
  MAIL_FROM: z.email(),
  OWN_ZONES: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter((zone) => zone !== '')),
  RECERTIFY_DAYS: z.coerce.number().int().min(0).max(RECERTIFY_DAYS_MAX),
  ...tokenSettings,
});

export type Config = ReturnType<typeof nest>;

function nest(data: z.infer<typeof Settings>) {
  return Object.freeze({
    environment: data.ENVIRONMENT,
    publicUrl: data.PUBLIC_URL.replace(/\/$/, ''),
    coolingOffHours: data.COOLING_OFF_HOURS,
    /** 0: never. */
    recertifyDays: data.RECERTIFY_DAYS,
    /** What one person may resolve; more, and any other asset, takes two. */
    resolveAloneUpTo: data.RESOLVE_ALONE_UP_TO satisfies ReadonlyMap<string, bigint>,
    /** An asset that is not named is not paid out. */
    payoutLimits: data.PAYOUT_LIMITS,
    /** Who pays the network fee of our transfers, by network; where nobody is named each wallet pays its own. */
    feeSponsors: data.FEE_SPONSORS,
    /** `exchange id/account id` of custody by the name that mandates call the venue. */
    venueAccounts: data.VENUE_ACCOUNTS,
    restoreEpoch: data.RESTORE_EPOCH,
    /** Networks on which this deployment opens wallets: all of them test networks, or none. */
    networks: data.NETWORKS satisfies readonly OpenableNetwork[],
    limitsTemplate: 'standard' as const,
    /** Requests for addresses are refused while no sanctions list is loaded. */
    isScreeningRequired: data.SCREENING_REQUIRED,
    dfns: { ...custodyOf(data), callsPerMinute: data.DFNS_CALLS_PER_MINUTE },
    /** Where officers decide. */
    dashboardUrl: data.DFNS_DASHBOARD_URL.replace(/\/$/, ''),
    webhookSecrets: data.DFNS_WEBHOOK_SECRETS,
    attestation: { key: data.ATTESTATION_KEY, publicKeys: data.ATTESTATION_PUBLIC_KEYS },
    notices: {
      /** Base64; the first derives new secrets, the others those that were derived from them. */
      keys: data.NOTICE_KEYS,
      /** Each address is a secret: whoever has it can write there. */
      chat: data.CHAT_WEBHOOKS,
      mailFrom: data.MAIL_FROM,
      /** Zones of this deployment, besides the hosts that its settings name: nothing is sent there. */
      ownHosts: [
        ...data.OWN_ZONES,
        ...[data.PUBLIC_URL, data.DFNS_API_URL, data.JWT_ISSUER].map((url) => new URL(url).hostname),
      ],
    },
    /** Where each checkpoint of the journal is told outside. */
    checkpoints: { url: data.CHECKPOINT_URL, token: data.CHECKPOINT_TOKEN },
    /** Where every entry of the journal is sent on to. */
    siem: { url: data.SIEM_URL, token: data.SIEM_TOKEN },
    tokens: tokensOf(data),
  });
}

export class NotConfigured extends Error {
  override readonly name = 'NotConfigured';
  readonly settings: readonly string[];
  constructor(settings: readonly string[]) {
    super(`settings missing or wrong: ${settings.join(', ')}`);
    this.settings = settings;
  }
}

/** Names every setting that is missing or wrong, never its value. */
export function readConfig(env: Bindings): Result<Config> {
  const { success, data, error } = Settings.safeParse(env);
  return success ? accept(nest(data)) : notConfigured(error);
}
