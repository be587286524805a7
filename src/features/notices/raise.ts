// From an entry of the journal to the places that hear of it. What is read is the truth of now: who is active, confirmed and
// not muted when the message is carried out.
import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import type { AccountId } from '../../domain/id.ts';
import { type Audience, audiencesOf, type Channel, chatRoles, isAlways, type Notice } from '../../domain/notice.ts';
import type { WebhookEndpoint } from '../../domain/webhook-endpoint.ts';
import { deliverNotice, RaiseNotices, TellClients, tellClients } from '../../kit/messages.ts';
import {
  type AddressedContact,
  listClientContacts,
  listContacts,
  listPreferences,
  type Preferences,
} from '../../store/contacts.ts';
import type { Provenance } from '../../store/journal.ts';
import { type Delivery, keepDeliveries, listNotices, newDelivery } from '../../store/notices.ts';
import { wakeRow } from '../../store/outbox.ts';
import { listActiveEndpoints } from '../../store/webhook-endpoints.ts';

/** More than anybody has; each costs a row for each notice. */
export const ENDPOINTS_MAX = 20;
/** Each is a row and a mail; a slice is a few statements. */
const CLIENTS_PER_SLICE = 200;
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
  const toAll = notices.filter(isForEveryClient).map(({ entryId }) => toClients(by, { entryId, after: '' }));
  if (deliveries.length === 0 && toAll.length === 0) return 'done';
  await keepDeliveries(app.database, deliveries, toAll);
  await wake(app, deliveries);
  return 'done';
});

/** Of no account, and a client is to hear of it: it stops everyone, as a halt of all does. */
const isForEveryClient = ({ accountId, kind, after }: Notice): boolean =>
  accountId === null && audiencesOf(kind, after).includes('client');
const toClients = (by: Provenance, place: { readonly entryId: string; readonly after: string }) =>
  wakeRow(by, 'notify', tellClients(place));

/** A slice of all clients by e-mail; the next one waits in the outbox with the very rows of this one. */
export const tellClientsStep = consumer('notify', TellClients, async (app, { entryId, after }, by) => {
  const [notice] = await listNotices(app.database, [entryId]);
  if (notice === undefined || !isForEveryClient(notice)) return 'done';
  const contacts = await listClientContacts(app.database, after, CLIENTS_PER_SLICE);
  const last = contacts.at(-1)?.accountId;
  if (last === undefined) return 'done';
  const preferences = await listPreferences(
    app.database,
    contacts.map(({ accountId }) => accountId),
  );
  const deliveries = contacts
    .filter(({ accountId }) => wants(notice, preferences, accountId))
    .map(({ id: target }) => deliveryOf(by, notice, ['email', target]));
  await keepDeliveries(app.database, deliveries, [toClients(by, { entryId, after: last })]);
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

const wants = ({ kind }: Notice, preferences: readonly Preferences[], holder: string): boolean =>
  isAlways(kind) || !preferences.some((one) => one.holder === holder && one.muted.includes(kind));

const deliveryOf = (by: Provenance, { entryId, kind }: Notice, [channel, target]: Place): Delivery =>
  newDelivery(by.newId('dlv'), { entryId, kind, channel, target }, by.at);

function deliveriesOf(app: App, by: Provenance, notice: Notice, listeners: Listeners): Delivery[] {
  const audiences = audiencesOf(notice.kind, notice.after);
  const isWanted = (holder: string) => wants(notice, listeners.preferences, holder);
  const places: readonly Place[] = [
    ...listeners.endpoints.filter((one) => hears(one, notice, audiences)).map(({ id }): Place => ['webhook', id]),
    ...contactsOf(listeners.contacts, notice.accountId, audiences)
      .filter(({ contact }) => isWanted(contact.accountId))
      .map(({ contact }): Place => ['email', contact.id]),
    ...chatRoles
      .filter((role) => audiences.includes(role) && app.config.notices.chat[role] !== undefined && isWanted(role))
      .map((role): Place => ['chat', role]),
  ];
  return places.map((place) => deliveryOf(by, notice, place));
}

/** An endpoint of one account hears what its client may hear, and nothing of others. */
const hears = ({ kinds, accountId }: WebhookEndpoint, notice: Notice, audiences: readonly Audience[]): boolean =>
  (kinds === null || kinds.includes(notice.kind)) &&
  (accountId === null || ([accountId, null].includes(notice.accountId) && audiences.includes('client')));

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
