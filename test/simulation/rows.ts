// How transfers look here and at custody, as far as the observer looks at them.

export interface TransferRow {
  readonly id: string;
  /** Either an order asked for it, or a row of a batch. */
  readonly order_id: string | null;
  readonly payout_id: string | null;
  readonly account_id: string | null;
  readonly wallet_id: string;
  readonly custody_wallet_id: string;
  readonly destination_id: string | null;
  readonly status: string;
  readonly units: string;
  readonly external_id: string;
  readonly request_body: string;
  readonly custody_id: string | null;
  readonly facts: string;
  readonly origin: string;
  readonly mandate_id: string | null;
}

export interface CustodyTransfer {
  readonly seq: number;
  readonly id: string;
  readonly wallet_id: string;
  readonly external_id: string | null;
  readonly status: string;
}

interface Facts {
  readonly attempts?: number;
  readonly limitDayId?: string | null;
  readonly accountLimitDayId?: string;
  readonly capIds?: readonly string[];
}

export const TRANSFERS = `SELECT t.id, t.order_id, t.payout_id, t.account_id, t.wallet_id, t.custody_wallet_id, t.destination_id, t.status, t.units,
  t.external_id, t.request_body, t.custody_id, t.facts, coalesce(p.origin, o.origin, t.order_id) AS origin, o.mandate_id
  FROM transfers t LEFT JOIN orders o ON o.id = t.order_id LEFT JOIN payouts p ON p.id = t.payout_id ORDER BY t.id`;

// Facts are written by the store as JSON of the status's members.
export const asFacts = (text: string): Facts => JSON.parse(text) as Facts;
