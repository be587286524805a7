/** Owns the shapes of exchanges and their operations, as the types of Dfns' own SDK describe them. */
import type { Requester } from './entities.ts';

export type Exchange = {
  id: string;
  name?: string;
  kind: 'Binance' | 'Kraken' | 'CoinbaseApp' | 'CoinbasePrime';
  dateCreated: string;
};

/** It has no status of its own: a deposit is followed by its transfer, a withdrawal on the chain. */
export type ExchangeOperation = {
  id: string;
  exchangeId: string;
  accountId: string;
  transferId?: string;
  exchangeReference?: string;
  kind: 'Deposit' | 'Withdrawal';
  walletId: string;
  requester: Requester;
  requestBody: Record<string, unknown>;
  dateCreated: string;
};

export type ExchangeEntities = { exchanges: Exchange; exchange_operations: ExchangeOperation };
