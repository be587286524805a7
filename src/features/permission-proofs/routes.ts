// HTTP of permission proofs: the set-up hands one in, staff read them.
import { createRoute, z } from '@hono/zod-openapi';
import { idempotent } from '../../app/idempotent.ts';
import { by, routes } from '../../app/routes.ts';
import type { PermissionProof } from '../../domain/permission-proof.ts';
import { authorize } from '../../kit/authorize.ts';
import { problem } from '../../kit/problem.ts';
import { Instant, json, NoQuery, PageQuery, pageOf, problems, shown, Timestamp, toPage } from '../../kit/schemas.ts';
import { listPermissionProofs } from '../../store/permission-proofs.ts';
import { recordProof } from './service.ts';

const NAME_CHARACTERS_MAX = 200;
const SAYS_CHARACTERS_MAX = 500;
const HOLDERS_MAX = 500;
const FINDINGS_MAX = 200;
const COUNT_MAX = 1_000_000;

const Count = z.int().min(0).max(COUNT_MAX);
const UserId = z.string().regex(/^[a-z]{2}-[a-z0-9-]{1,60}$/, 'an id of custody');
const Holder = z.strictObject({
  userId: UserId,
  name: shown(NAME_CHARACTERS_MAX),
  kind: z.enum(['person', 'service_account']),
});
const Holders = z.array(Holder).max(HOLDERS_MAX);

const ProofRequest = z
  .strictObject({
    provenAt: Timestamp,
    read: z.strictObject({
      // A proof over no people, no accounts or no roles would be sound because it saw nothing.
      people: Count.min(1),
      serviceAccounts: Count.min(1),
      roles: Count.min(1),
      assignments: Count.min(1),
      policies: Count,
    }),
    holders: z.strictObject({
      vote: Holders,
      untag: Holders,
      assign: Holders,
      change_roles: Holders,
      change_policies: Holders,
      delete_policies: Holders,
    }),
    findings: z
      .array(z.strictObject({ code: z.string().regex(/^[a-z_]{1,60}$/), says: shown(SAYS_CHARACTERS_MAX) }))
      .max(FINDINGS_MAX)
      .openapi({ description: 'What should not be. Without any the proof is sound.' }),
  })
  .openapi('PermissionProofRequest');

const ProofView = z
  .object({
    id: z.string(),
    result: z.enum(['sound', 'unsound']),
    provenAt: Instant,
    read: z.record(z.string(), z.number().int()),
    holders: z.record(z.string(), z.array(z.object({ userId: z.string(), name: z.string(), kind: z.string() }))),
    findings: z.array(z.object({ code: z.string(), says: z.string() })),
    createdAt: Instant,
  })
  .openapi('PermissionProof');

const view = ({ id, result, provenAt, read, holders, findings, createdAt }: PermissionProof) => ({
  ...{ id, result, provenAt, createdAt },
  read: { ...read },
  holders: Object.fromEntries(Object.entries(holders).map(([power, held]) => [power, [...held]])),
  findings: [...findings],
});

const postProof = createRoute({
  method: 'post',
  path: '/permission-proofs',
  summary: 'Record who holds which rights at custody, as the set-up account read it',
  middleware: [authorize('admin'), idempotent] as const,
  request: { query: NoQuery, body: { required: true, ...json(ProofRequest) } },
  responses: { 201: { description: 'Recorded.', ...json(ProofView) }, ...problems },
});

const getProofs = createRoute({
  method: 'get',
  path: '/permission-proofs',
  summary: 'List permission proofs, newest first',
  middleware: [authorize('admin', 'compliance', 'operator', 'auditor')] as const,
  request: { query: PageQuery },
  responses: { 200: { description: 'A page.', ...json(pageOf(ProofView)) }, ...problems },
});

export const permissionProofRoutes = routes()
  .openapi(postProof, async (c) => {
    const recorded = await recordProof(c.env, by(c), c.req.valid('json'), (proof) => c.var.keep(201, view(proof)));
    return recorded.ok ? c.json(view(recorded.value), 201) : problem(c, recorded.refusal);
  })
  .openapi(getProofs, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await listPermissionProofs(c.env.database, { before: cursor, limit: limit + 1 });
    return c.json(toPage(page, limit, view), 200);
  });
