// HTTP of attestations: the signed form of a fence check.
import { createRoute, z } from '@hono/zod-openapi';
import { accountIn, routes } from '../../../app/routes.ts';
import { readClaims } from '../../../kit/attestation-keys.ts';
import { problem } from '../../../kit/problem.ts';
import { AccountPath, Instant, json, problems } from '../../../kit/schemas.ts';
import { findAttestation } from '../../../store/attestations.ts';
import { databaseFor } from '../../../store/database.ts';

const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER;

const ClaimsView = z
  .object({
    issuer: z.string(),
    keyId: z.string().openapi({ description: 'Of the key in `/.well-known/fiducia-attestation-keys.json`.' }),
    statement: z.string(),
    accountId: z.string(),
    tag: z.string(),
    sequence: z.number().int().openapi({ description: 'The number of this check of the account.' }),
    previousHash: z.string().nullable().openapi({ description: '`hash` of the attestation before this one.' }),
    checkedAt: Instant,
    validUntil: Instant,
    verdict: z.string().openapi({ description: '`intact`, `degraded`, `broken` or `unknown`.' }),
    findings: z.array(z.object({ code: z.string(), severity: z.string(), says: z.string() })).readonly(),
    wallets: z
      .array(z.object({ network: z.string(), address: z.string().nullable(), custodyId: z.string() }))
      .readonly(),
    approvedList: z
      .object({ policyId: z.string().nullable(), action: z.string(), addresses: z.array(z.string()).readonly() })
      .openapi({ description: 'As custody returned it; it compares addresses without their network.' }),
    destinations: z
      .array(z.object({ network: z.string(), address: z.string(), status: z.string() }))
      .readonly()
      .openapi({ description: 'The pairs that the manager’s own side keeps to.' }),
    limits: z
      .array(
        z.object({
          rule: z.string(),
          perWallet: z.boolean(),
          numbers: z.record(z.string(), z.number()),
          says: z.string(),
        }),
      )
      .readonly(),
    guard: z
      .array(
        z.object({ group: z.string().nullable(), quorum: z.number().int(), approvers: z.number().int().nullable() }),
      )
      .readonly(),
    permissionProofAt: Instant.nullable(),
  })
  .openapi('AttestationClaims');

const AttestationView = z
  .object({
    jws: z.string().openapi({ description: 'The signed statement: JWS in compact form, Ed25519.' }),
    claims: ClaimsView,
    hash: z.string().openapi({ description: 'SHA-256 over `jws`, in hex.' }),
  })
  .openapi('Attestation');

const getAttestation = createRoute({
  method: 'get',
  path: '/accounts/{id}/attestation',
  summary: 'Read the last signed fence check, or an older one',
  description: 'Keep it in a file and verify it at `/verify` or with `npm run verify-attestation`, both offline.',
  request: {
    params: AccountPath,
    query: z.strictObject({
      sequence: z.coerce
        .number()
        .int()
        .min(1)
        .max(SEQUENCE_MAX)
        .optional()
        .openapi({ type: 'integer', description: 'Which check; the last one, unless given.' }),
    }),
  },
  responses: { 200: { description: 'The attestation.', ...json(AttestationView) }, ...problems },
});

export const attestationRoutes = routes().openapi(getAttestation, async (c) => {
  const found = await accountIn(c, c.req.valid('param').id);
  if (!found.ok) return problem(c, found.refusal);
  const { accountId } = found.value;
  const attestation = await findAttestation(databaseFor(c.env, accountId), accountId, c.req.valid('query').sequence);
  if (attestation === undefined) return problem(c, { code: 'not_found' });
  const { jws, hash } = attestation;
  return c.json({ jws, claims: readClaims(jws), hash }, 200);
});
