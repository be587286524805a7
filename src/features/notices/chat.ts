// A notice into a chat room, by the incoming webhook of the chat: one line of text, which most of them take.
import type { App } from '../../app/app.ts';
import { chatRoles, type Notice } from '../../domain/notice.ts';
import { judgeUrl } from '../../domain/outside-url.ts';
import { askOutside } from '../../kit/outside.ts';
import type { Delivery } from '../../store/notices.ts';
import type { Sent } from './sent.ts';
import { writeForChat } from './texts.ts';
import { outsideRules } from './webhook.ts';

export async function sendChat(app: App, { target }: Delivery, notice: Notice): Promise<Sent> {
  const role = chatRoles.find((candidate) => candidate === target);
  const room = role && app.config.notices.chat[role];
  if (room === undefined) return { kind: 'over', status: null, problem: 'no room is set for this role' };
  const url = judgeUrl(room, outsideRules(app));
  if (!url.ok) return { kind: 'over', status: null, problem: 'the URL of the room is not allowed' };
  const outside = await askOutside(room, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: writeForChat(notice) }),
  });
  if (outside.kind === 'silent') return { kind: 'failed', status: null, problem: outside.problem };
  const { status } = outside;
  return status >= 200 && status < 300 ? { kind: 'sent', status } : { kind: 'failed', status, problem: 'refused' };
}
