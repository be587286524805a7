// What custody, or the way to it, may answer instead of what it would.
import type { Random } from './random.ts';
import type { Parked } from './tasks.ts';

const says = (status: number, message: string, headers: Record<string, string> = {}): Response =>
  Response.json({ error: { message } }, { status, headers });

export const LOST = 'done, answer lost';

export function refuse(parked: Parked): string {
  parked.answer(says(400, 'Not like this.'));
  return '400';
}

/** What custody or the way to it may answer once. A refusal is never told of what was done: custody does not lie. */
export function failFetch(parked: Parked, chance: Random, isDone: boolean): string {
  const how = chance.weighted({ lost: 9, limited: 1, broken: 2, html: 1, refused: 5, barred: 0.3 });
  const tell = (answer: Response): string => {
    if (isDone) parked.doAndAnswer(answer);
    else parked.answer(answer);
    return `${answer.status}${isDone ? ' after it was done' : ''}`;
  };
  switch (how) {
    case 'lost':
      parked.fail(new TypeError('connection lost'), isDone);
      return isDone ? LOST : 'never arrived';
    case 'broken':
      return tell(says(chance.pick([500, 503, 504]), 'Try again.'));
    case 'html':
      return tell(new Response('<html>Bad Gateway</html>', { status: 502 }));
    case 'limited':
      parked.answer(says(429, 'Too many requests.', { 'Retry-After': String(1 + chance.below(5)) }));
      return '429';
    case 'refused':
      return refuse(parked);
    case 'barred': {
      const status = chance.pick([401, 403]);
      parked.answer(says(status, 'Not Authorized.'));
      return String(status);
    }
  }
}
