// A notice by e-mail, through the platform. It builds the message from fields, so nothing that is written here becomes a
// header; the subject is ours alone.
import type { App } from '../../app/app.ts';
import { consumer } from '../../app/consumer.ts';
import { CODE_SECONDS } from '../../domain/contact.ts';
import type { ContactId } from '../../domain/id.ts';
import type { Notice } from '../../domain/notice.ts';
import { contactCode } from '../../kit/derived-secrets.ts';
import { faultFields } from '../../kit/log.ts';
import { MailCode } from '../../kit/messages.ts';
import { findContact } from '../../store/contacts.ts';
import type { Delivery } from '../../store/notices.ts';
import type { Sent } from './sent.ts';
import { write } from './texts.ts';

const SECONDS_PER_HOUR = 3_600;
const FOOT = 'This address was confirmed for notices of an account. Sign in to change it or to choose what is sent.';

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

const mail = (app: App, { to, subject, text }: Mail) =>
  app.bindings.EMAIL.send({ from: app.config.notices.mailFrom, to, subject, text });

// A row of the channel `email` has a contact as its target.
const contactIdOf = ({ target }: Delivery) => target as ContactId;

export async function sendMail(app: App, delivery: Delivery, notice: Notice): Promise<Sent> {
  const found = await findContact(app.database, contactIdOf(delivery));
  if (found?.contact.status !== 'active')
    return { kind: 'over', status: null, problem: 'the contact is not active any more' };
  const { title, text } = write(notice);
  try {
    await mail(app, { to: found.email, subject: title, text: `${text}\n\n${notice.at}\n\n-- \n${FOOT}\n` });
  } catch (fault) {
    // The platform did not take it; what it says may quote the address, so it is not kept.
    app.log.error('notice.mail_fault', { deliveryId: delivery.id, ...faultFields(fault) });
    return { kind: 'failed', status: null, problem: 'the mail service did not take it' };
  }
  return { kind: 'sent', status: null };
}

/** The code is derived again for each mail, so it stands nowhere. A fault is thrown: the message comes again. */
export const mailCodeStep = consumer('notify', MailCode, async (app, { contactId }, by) => {
  const found = await findContact(app.database, contactId);
  const [key] = app.config.notices.keys;
  if (found?.contact.status !== 'pending' || by.at >= found.contact.expiresAt || key === undefined) return 'done';
  const code = await contactCode(key, contactId);
  const text = [
    `Your code: ${code}`,
    `It confirms this address for notices of your account, within ${CODE_SECONDS / SECONDS_PER_HOUR} hours.`,
    'If you did not ask for it, ignore this mail: nothing else will be sent here.',
  ].join('\n\n');
  await mail(app, { to: found.email, subject: 'Confirm your address', text: `${text}\n` });
  return 'done';
});
