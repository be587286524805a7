// The facts of one approval, as plain JSON: what custody shows, what the product says, what the checker knows by itself. Rules
// see nothing else, so that a recorded review can be judged again later.
import type { Stop } from '../domain/checker-facts.ts';

export interface RequestFacts {
  readonly kind: string;
  readonly id: string;
  readonly externalId: string | null;
  readonly body: unknown;
}
export interface WalletFacts {
  readonly id: string;
  readonly network: string;
  readonly address: string | null;
  readonly tags: readonly string[];
}
export interface GroupFacts {
  readonly name: string | null;
  readonly approvers: readonly string[] | null;
  readonly allowsServiceAccounts: boolean;
}
/** Which list was in force; its addresses are at custody. */
export interface ListFacts {
  readonly addresses: number;
  /** Of the sorted addresses, a line each. */
  readonly sha256: string;
}
export interface PolicyFacts {
  readonly id: string;
  readonly name: string;
  readonly rule: string;
  readonly isTriggered: boolean;
  readonly walletTags: readonly string[];
  /** Of the approved list that it holds, read now, the addresses that the request names; null for a policy of another rule. */
  readonly addresses: readonly string[] | null;
  /** Records from before it was kept have the whole list in `addresses`. */
  readonly list?: ListFacts | null;
  readonly groups: readonly GroupFacts[];
}
/** Units as text: these facts are kept as JSON. */
export interface PaymentFacts {
  readonly asset: string;
  readonly units: string;
  readonly address: string;
}
export interface KnownFacts {
  readonly origin: { readonly kind: string; readonly id: string };
  readonly externalId: string;
  readonly custodyWalletId: string;
  readonly custodyId: string | null;
  readonly status: string;
  readonly payments: readonly (PaymentFacts & { readonly isApproved: boolean })[];
  readonly stops: readonly Stop[];
}
/** What was approved today before this one. */
export interface SumFacts {
  readonly asset: string;
  readonly ofWallet: string;
  readonly ofAll: string;
}

export interface ReviewFacts {
  readonly approval: {
    readonly id: string;
    readonly status: string;
    readonly activity: string;
    readonly initiatorId: string;
  };
  readonly voter: {
    readonly userId: string;
    /** What keeps the account from being a checker; empty when nothing does. */
    readonly unfit: readonly string[];
  };
  readonly request: RequestFacts | null;
  readonly wallet: WalletFacts | null;
  readonly policies: readonly PolicyFacts[];
  /** Null: the product knows no such transfer. */
  readonly known: KnownFacts | null;
  readonly stops: readonly Stop[];
  readonly sanctions: {
    /** Null: no list is loaded. */
    readonly edition: string | null;
    readonly screened: readonly string[];
    readonly hits: readonly string[];
  };
  readonly sums: readonly SumFacts[];
}

/** Which policy is the approved list of a client's account. */
export const CLIENT_TAG = 'client:';
export const isApprovedListOfAccount = ({ addresses, walletTags }: PolicyFacts): boolean =>
  addresses !== null && walletTags.some((tag) => tag.startsWith(CLIENT_TAG));
