// The work that no read of one's own account can leave out: verify the token, find out whose account it is, read the
// account and its wallets, answer JSON. The client is read first, because it decides which rows may be read at all; the
// account and the wallets do not need each other, so they are two reads in one round trip.
import { importJWK, jwtVerify } from 'jose';

interface Bindings {
  readonly DB: D1Database;
  readonly JWK: string;
  readonly JWT_ISSUER: string;
  readonly JWT_AUDIENCE: string;
  readonly JWT_TYPE: string;
}

const BEARER = 'Bearer ';
let kept: ReturnType<typeof importJWK> | undefined;

export default {
  async fetch(request, env) {
    kept ??= importJWK(JSON.parse(env.JWK), 'ES256');
    const token = request.headers.get('authorization')?.slice(BEARER.length) ?? '';
    const { payload } = await jwtVerify(token, await kept, {
      issuer: env.JWT_ISSUER,
      audience: env.JWT_AUDIENCE,
      typ: env.JWT_TYPE,
      algorithms: ['ES256'],
    });
    const accountId = await env.DB.prepare('SELECT account_id FROM clients WHERE issuer = ? AND subject = ?')
      .bind(env.JWT_ISSUER, payload.sub)
      .first<string>('account_id');
    const [accounts, wallets] = await env.DB.batch([
      env.DB.prepare('SELECT * FROM accounts WHERE id = ?').bind(accountId),
      env.DB.prepare('SELECT * FROM wallets WHERE account_id = ? ORDER BY network').bind(accountId),
    ]);
    return Response.json({ ...Object(accounts?.results[0]), wallets: wallets?.results });
  },
} satisfies ExportedHandler<Bindings>;
