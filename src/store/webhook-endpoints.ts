// Webhook endpoints of the deployment.
import { and, desc, eq, ne } from 'drizzle-orm';
import type { WebhookEndpointId } from '../domain/id.ts';
import type { LivingEndpoint, WebhookEndpoint } from '../domain/webhook-endpoint.ts';
import { type Database, olderThan } from './database.ts';
import { changesOf, fromJson, fromRow } from './records.ts';
import { webhookEndpoints } from './schema.ts';

type Stored = typeof webhookEndpoints.$inferSelect;

const toEndpoint = (row: Stored): WebhookEndpoint => ({
  ...fromRow<WebhookEndpoint>(row),
  kinds: row.kinds === null ? null : fromJson(row.kinds),
  secrets: fromJson(row.secrets),
});

/** One that was deleted is not found. */
export async function findEndpoint(database: Database, id: WebhookEndpointId): Promise<LivingEndpoint | undefined> {
  const row = await database.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id)).get();
  const endpoint = row && toEndpoint(row);
  return endpoint === undefined || endpoint.status === 'deleted' ? undefined : endpoint;
}

/** Newest first. */
export async function listEndpoints(
  database: Database,
  page: { before?: string | undefined; limit: number },
): Promise<WebhookEndpoint[]> {
  const rows = await database
    .select()
    .from(webhookEndpoints)
    .where(and(ne(webhookEndpoints.status, 'deleted'), olderThan(webhookEndpoints.id, page.before)))
    .orderBy(desc(webhookEndpoints.id))
    .limit(page.limit)
    .all();
  return rows.map(toEndpoint);
}

/** Those that are sent to now. */
export async function listActiveEndpoints(database: Database, limit: number): Promise<WebhookEndpoint[]> {
  const rows = await database
    .select()
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.status, 'active'))
    .orderBy(desc(webhookEndpoints.id))
    .limit(limit)
    .all();
  return rows.map(toEndpoint);
}

export const webhookEndpointChange = changesOf<WebhookEndpoint>(
  webhookEndpoints,
  'webhook_endpoint',
  ({ accountId }) => accountId,
);
