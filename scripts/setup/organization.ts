// The wanted organisation at Dfns, as one typed value: a deployment edits this file and nothing else. Who is who (officers,
// service accounts, the address of the product) differs from one environment to the next and comes from settings.
// Times are in minutes, as Dfns counts them.
import type { DfnsApiClient } from '@dfns/sdk';
import { type LimitRule, limitsTemplateNames, rulesOf } from '../../src/domain/limits-template.ts';
import type { PayoutPreset } from '../../src/domain/payout-preset.ts';

/** As the SDK names them. Dfns renamed some in 2026 and takes the older names too: see operations.ts. */
export type Operation = Parameters<DfnsApiClient['permissions']['createPermission']>[0]['body']['operations'][number];

interface WantedRole {
  /** The name of the role that is made where none of the same meaning exists. */
  readonly name: string;
  readonly operations: readonly Operation[];
  /** What it may hold besides, without need. */
  readonly alsoAllowed: readonly Operation[];
}

export interface Organization {
  /** Whoever changes policies or rights waits for these people. */
  readonly guard: {
    readonly activities: readonly ('Policies:Modify' | 'Permissions:Assign' | 'Permissions:Modify')[];
    readonly group: string;
    readonly quorum: number;
    /** A request that nobody decided about is rejected after this; the product asks for at most a day. */
    readonly decideWithinMinutes: number;
  };
  /** What an approved list does with every other address. The product makes its lists with this action and no other. */
  readonly approvedListAction: 'Block';
  /** Each template's rules, on its own tag `limits:<template>`. */
  readonly limits: readonly { readonly template: string; readonly rules: readonly LimitRule[] }[];
  /**
   * Policies of the company's hot wallets, on the tags `payouts:<name>`: those of src/domain/payout-preset.ts that it uses, or
   * its own. None where nothing is paid out.
   */
  readonly payoutPresets: readonly PayoutPreset[];
  readonly webhook: WantedWebhook;
  /** The checker hears of approvals alone, at an address of its own. */
  readonly checkerWebhook: WantedWebhook;
  readonly roles: { readonly maker: WantedRole; readonly checker: WantedRole; readonly setup: WantedRole };
}
interface WantedWebhook {
  readonly description: string;
  readonly events: readonly WebhookEvent[];
}
type WebhookEvent = Parameters<DfnsApiClient['webhooks']['createWebhook']>[0]['body']['events'][number];

export const organization: Organization = {
  guard: {
    activities: ['Policies:Modify', 'Permissions:Assign', 'Permissions:Modify'],
    group: 'Compliance officers',
    quorum: 1,
    decideWithinMinutes: 1440,
  },
  approvedListAction: 'Block',
  limits: limitsTemplateNames.map((template) => ({ template, rules: rulesOf(template) })),
  payoutPresets: [],
  webhook: {
    description: 'Fiducia',
    events: [
      'wallet.created',
      'wallet.tags.modified',
      'wallet.blockchainevent.detected',
      'wallet.transfer.requested',
      'wallet.transfer.broadcasted',
      'wallet.transfer.confirmed',
      'wallet.transfer.failed',
      'wallet.transfer.rejected',
      'policy.triggered',
      'policy.approval.pending',
      'policy.approval.resolved',
    ],
  },
  checkerWebhook: {
    description: 'Fiducia checker',
    events: ['policy.approval.pending', 'policy.approval.resolved'],
  },
  roles: {
    maker: {
      name: 'Fiducia maker',
      operations: [
        ...(['Wallets:Create', 'Wallets:Read', 'Wallets:Tags:Add'] as const),
        ...(['Wallets:Transfers:Create', 'Wallets:Transfers:Read', 'Wallets:Transactions:Read'] as const),
        ...(['Policies:Create', 'Policies:Read', 'Policies:Update', 'Policies:Approvals:Read'] as const),
        ...(['Webhooks:Read', 'Webhooks:Events:Read', 'Auth:Logs:Read', 'Exchanges:Read'] as const),
      ],
      alsoAllowed: [
        ...(['Exchanges:Deposits:Create', 'Payouts:Create', 'Payouts:Read', 'Payouts:Write'] as const),
        ...(['FeeSponsors:Use', 'FeeSponsors:Read'] as const),
      ],
    },
    checker: {
      name: 'Fiducia checker',
      operations: [
        ...(['Policies:Approvals:Read', 'Policies:Approvals:Approve', 'Policies:Read', 'Wallets:Read'] as const),
        // It proves to itself that it holds no others, and votes on nothing while it cannot.
        ...(['Auth:ServiceAccounts:Read', 'Permissions:Read'] as const),
      ],
      alsoAllowed: [],
    },
    // Made by hand, since it is what runs this: listed here so that nothing beyond it goes unseen.
    setup: {
      name: 'Fiducia set-up',
      operations: [
        ...(['Webhooks:Create', 'Webhooks:Read', 'Webhooks:Update', 'Webhooks:Delete', 'Webhooks:Ping'] as const),
        ...(['Permissions:Create', 'Permissions:Read', 'Permissions:Update', 'Permissions:Archive'] as const),
        ...(['Permissions:Assign', 'Permissions:Revoke', 'Permissions:Assignments:Read'] as const),
        ...(['Auth:ServiceAccounts:Read', 'Auth:Users:Read', 'Wallets:Read'] as const),
        ...(['Policies:Create', 'Policies:Read', 'Policies:Update', 'Policies:Archive'] as const),
      ],
      alsoAllowed: [
        ...(['Auth:ServiceAccounts:Create', 'Auth:ServiceAccounts:Update', 'Auth:ServiceAccounts:Activate'] as const),
        ...(['Auth:ServiceAccounts:Deactivate', 'Auth:ServiceAccounts:Delete'] as const),
        ...(['Webhooks:Events:Read', 'Policies:Approvals:Read', 'Auth:Logs:Read'] as const),
      ],
    },
  },
};

/** The organisation with who is who. */
export interface Wanted extends Organization {
  /** User ids of the human officers who decide about changes; at least one, never a service account. */
  readonly officers: readonly string[];
  readonly makerId: string;
  /** Undefined while no checker is used. */
  readonly checkerId?: string | undefined;
  readonly setupId: string;
  readonly webhookUrl: string;
  /** Addresses of the payees that the product knows; undefined leaves the lists at Dfns as they are. */
  readonly payees?: readonly string[] | undefined;
}

export const wantedOrganization = (who: Omit<Wanted, keyof Organization>, of: Organization = organization): Wanted => ({
  ...of,
  ...who,
});

/** The same organisation, with the checker's webhook in the place of the product's. */
export const forChecker = (wanted: Wanted, webhookUrl: string): Wanted => ({
  ...wanted,
  webhook: wanted.checkerWebhook,
  webhookUrl,
});
