// From an entry of the journal to the places that hear of it. What is read is the truth of now: who is active, confirmed and
// not muted when the message is carried out.
import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { AccountId } from '../../domain/id.ts';
import { type Audience, audiencesOf, type Channel, chatRoles, isAlways, type Notice } from '../../domain/notice.ts';
import type { WebhookEndpoint } from '../../domain/webhook-endpoint.ts';
import { deliverNotice, RaiseNotices } from '../../kit/messages.ts';
import { type AddressedContact, listContacts, listPreferences, type Preferences } from '../../store/contacts.ts';
import type { Provenance } from '../../store/journal.ts';
import { type Delivery, keepDeliveries, listNotices, newDelivery } from '../../store/notices.ts';
import { listActiveEndpoints } from '../../store/webhook-endpoints.ts';

/** More than anybody has; each costs a row for each notice. */
export const ENDPOINTS_MAX = 20;
/** A queue takes 100 messages a call. */
const MESSAGES_PER_SEND = 100;

interface Listeners {
  readonly endpoints: readonly WebhookEndpoint[];
  readonly contacts: readonly AddressedContact[];
  readonly preferences: readonly Preferences[];
}

export const raiseNoticesStep = consumer('notify', RaiseNotices, async (app, { entryIds }, by) => {
  const notices = await listNotices(app.database, entryIds);
  if (notices.length === 0) return 'done';
  const listeners = await listen(app, notices);
  const deliveries = notices.flatMap((notice) => deliveriesOf(app, by, notice, listeners));
  if (deliveries.length === 0) return 'done';
  await keepDeliveries(app.database, deliveries);
  await wake(app, deliveries);
  return 'done';
});

async function listen(app: App, notices: readonly Notice[]): Promise<Listeners> {
  const ofClients = notices.filter((notice) => audiencesOf(notice.kind, notice.after).includes('client'));
  const accountIds = [...new Set(ofClients.flatMap(({ accountId }) => accountId ?? []))];
  const [endpoints, contacts, preferences] = await Promise.all([
    listActiveEndpoints(app.database, ENDPOINTS_MAX),
    listContacts(app.database, accountIds),
    listPreferences(app.database, [...accountIds, ...chatRoles]),
  ]);
  return { endpoints, contacts, preferences };
}

type Place = readonly [channel: Channel, target: string];

function deliveriesOf(app: App, by: Provenance, notice: Notice, listeners: Listeners): Delivery[] {
  const audiences = audiencesOf(notice.kind, notice.after);
  const wants = (holder: string) =>
    isAlways(notice.kind) ||
    !listeners.preferences.some((one) => one.holder === holder && one.muted.includes(notice.kind));
  const places: readonly Place[] = [
    ...listeners.endpoints.filter((one) => hears(one, notice, audiences)).map(({ id }): Place => ['webhook', id]),
    ...contactsOf(listeners.contacts, notice.accountId, audiences)
      .filter(({ contact }) => wants(contact.accountId))
      .map(({ contact }): Place => ['email', contact.id]),
    ...chatRoles
      .filter((role) => audiences.includes(role) && app.config.notices.chat[role] !== undefined && wants(role))
      .map((role): Place => ['chat', role]),
  ];
  const { entryId, kind } = notice;
  return places.map(([channel, target]) => newDelivery(by.newId('dlv'), { entryId, kind, channel, target }, by.at));
}

/** An endpoint of one account hears what its client may hear, and nothing of others. */
const hears = ({ kinds, accountId }: WebhookEndpoint, notice: Notice, audiences: readonly Audience[]): boolean =>
  (kinds === null || kinds.includes(notice.kind)) &&
  (accountId === null || (accountId === notice.accountId && audiences.includes('client')));

const contactsOf = (contacts: readonly AddressedContact[], accountId: AccountId | null, to: readonly Audience[]) =>
  contacts.filter(
    ({ contact }) => to.includes('client') && contact.accountId === accountId && contact.status === 'active',
  );

/** They are due in D1; a message only spares the wait for the next minute. */
export async function wake(app: App, deliveries: readonly Pick<Delivery, 'id'>[]): Promise<void> {
  for (let from = 0; from < deliveries.length; from += MESSAGES_PER_SEND) {
    const slice = deliveries.slice(from, from + MESSAGES_PER_SEND);
    await app.bindings.NOTIFY.sendBatch(slice.map(({ id }) => ({ body: deliverNotice({ deliveryId: id })(null) })));
  }
}
