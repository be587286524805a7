// The handler of the custody API's own guide on one Node server, with the insert that makes it durable: parse, sign again what
// was parsed, compare, insert and sync, 200. The guide uses Express; this is Node's own server, which has less to do, so
// that no framework is measured. Started as a process of its own; it prints its port and ends with its parent.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';

const FRESH_SECONDS = 300;
const MILLISECONDS_PER_SECOND = 1000;
const [file = '', secret = ''] = process.argv.slice(2);

const database = new DatabaseSync(file);
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
database.exec('CREATE TABLE events (seen INTEGER PRIMARY KEY, id TEXT NOT NULL, body TEXT NOT NULL)');
const insert = database.prepare('INSERT INTO events (id, body) VALUES (?, ?)');

function statusOf(text: string, signature: string): number {
  const event: { id: string; timestampSent: number } = JSON.parse(text);
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(JSON.stringify(event)).digest('hex')}`);
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 401;
  if (Math.abs(Date.now() / MILLISECONDS_PER_SECOND - event.timestampSent) > FRESH_SECONDS) return 401;
  insert.run(event.id, text);
  return 200;
}

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    response.statusCode = statusOf(text, String(request.headers['x-dfns-webhook-signature']));
    response.end('{"received":true}');
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(typeof address === 'object' ? address?.port : address);
});
process.stdin.on('end', () => process.exit());
process.stdin.resume();
