// Clients, known by issuer and subject of their token.
import { and, eq } from 'drizzle-orm';
import type { AccountId, ClientId } from '../domain/id.ts';
import type { Database } from './database.ts';
import { changesOf } from './records.ts';
import { clients } from './schema.ts';

export interface Client {
  readonly id: ClientId;
  readonly version: number;
  readonly issuer: string;
  readonly subject: string;
  readonly accountId: AccountId;
  readonly createdAt: string;
}

export const findClient = (database: Database, of: { issuer: string; subject: string }): Promise<Client | undefined> =>
  database
    .select()
    .from(clients)
    .where(and(eq(clients.issuer, of.issuer), eq(clients.subject, of.subject)))
    .get();

export const clientChange = changesOf<Client>(clients, 'client', ({ accountId }) => accountId);
