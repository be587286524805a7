// Proving who holds which rights at custody, and what a check of a fence makes of the proof.
import { beforeEach, describe, expect, it } from 'vitest';
import { proofOf, showProof } from '../../scripts/setup/prove.ts';
import { readOrganization } from '../../scripts/setup/read.ts';
import { control, sdk, wantedForTests } from '../support/outside.ts';
import { MONDAY, openWorld, type World } from '../support/world.ts';

const DAY = 86_400;
let world: World;
beforeEach(async () => {
  world = await openWorld();
});

const restrictions = async () => (await world.get('client-1', '/v1/accounts/me/restrictions')).body;
const incidents = async () => (await world.get('admin-1', '/v1/incidents')).body.items;
async function check(): Promise<void> {
  const { id } = (await world.get('client-1', '/v1/accounts/me')).body;
  const body = { v: 1, id: null, type: 'fence.check', accountId: id };
  await world.carryOut({ queue: 'fiducia-events', body, attempts: 1 });
}
/** The maker may vote, as an officer let it. */
async function letMakerVote(): Promise<{ permissionId: string; assignmentId: string }> {
  const setup = await sdk('setup');
  const { id } = await setup.permissions.createPermission({
    body: { name: 'extra', operations: ['Policies:Approvals:Approve'] },
  });
  const identityId = (await wantedForTests()).makerId;
  const { approvalId, entityId } = await setup.permissions
    .createAssignment({ permissionId: id, body: { identityId } })
    .catch((fault) => fault.context);
  await world.decide(approvalId, 'Approved');
  return { permissionId: id, assignmentId: entityId };
}
const proof = (over: object = {}) => ({
  provenAt: world.at,
  read: { people: 1, serviceAccounts: 1, roles: 1, assignments: 1, policies: 1 },
  holders: { vote: [], untag: [], assign: [], change_roles: [], change_policies: [], delete_policies: [] },
  findings: [],
  ...over,
});

describe('a proof of rights', () => {
  it('names everybody who may vote, untag, assign and change, and is sound', async () => {
    const { items } = (await world.get('auditor-1', '/v1/permission-proofs')).body;
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      result: 'sound',
      provenAt: MONDAY,
      findings: [],
      read: { people: 5, serviceAccounts: 3, roles: 6, assignments: 8, policies: 9 },
    });
    const namesOf = (power: string) => items[0].holders[power].map(({ name }: { name: string }) => name).sort();
    expect(namesOf('vote')).toEqual(['admin-1', 'checker', 'compliance-1', 'compliance-2', 'compliance-3']);
    expect(namesOf('untag')).toEqual(['admin-1']);
    expect(namesOf('assign')).toEqual(['admin-1', 'setup']);
    expect(namesOf('change_roles')).toEqual(['admin-1', 'setup']);
    expect(namesOf('delete_policies')).toEqual(['admin-1', 'setup']);
    expect(namesOf('change_policies')).toContain('maker');
    const entry = await world.rows('SELECT kind FROM journal WHERE subject_id = ?', items[0].id);
    expect(entry).toEqual([{ kind: 'permission_proof.recorded' }]);
  });

  it('reads as sentences', async () => {
    const proven = proofOf(await wantedForTests(), await readOrganization(await sdk('setup')), MONDAY);
    const text = proven.ok ? showProof(proven.proof) : '';
    expect(text).toMatch(/May take tags off wallets: admin-1 \(us-[^,]+, a person\)\./);
    expect(text).toContain('Sound: nobody holds what they should not.');
  });

  it('is none while a part cannot be read', async () => {
    await control('POST', '/faults', {
      method: 'GET',
      path: '/auth/service-accounts',
      kind: 'status',
      status: 403,
      times: 1,
    });
    const proven = proofOf(await wantedForTests(), await readOrganization(await sdk('setup')), MONDAY);
    expect(proven).toEqual({ ok: false, unread: [expect.stringContaining('serviceAccounts: 403')] });
  });

  it('that is unsound opens an incident and degrades the fence; money still goes', async () => {
    await world.readyToTrade();
    await letMakerVote();
    const recorded = await world.prove();
    expect(recorded).toMatchObject({
      result: 'unsound',
      findings: [{ code: 'too_many_rights', says: expect.stringContaining('Policies:Evaluations:Vote') }],
    });
    expect(await incidents()).toMatchObject([
      { kind: 'permissions_unsound', status: 'open', about: 'organization', detail: expect.stringContaining('maker') },
    ]);
    await check();
    expect(await restrictions()).toMatchObject({
      fence: {
        result: 'degraded',
        findings: [expect.stringContaining('found rights at custody that nobody should have')],
        permissionsProvenAt: MONDAY,
      },
      halts: [],
    });
    await world.settle();
    const { items } = (await world.get('operator-1', '/v1/orders')).body;
    expect(items).toMatchObject([{ status: 'executed' }]);
  });

  it('that is sound again makes the fence intact at the next check', async () => {
    await world.openAccount();
    const { permissionId } = await letMakerVote();
    await world.prove();
    await check();
    expect((await restrictions()).fence.result).toBe('degraded');
    const setup = await sdk('setup');
    const { approvalId } = await setup.permissions
      .archivePermission({ permissionId, body: { isArchived: true } })
      .catch((fault) => fault.context);
    await world.decide(approvalId, 'Approved');
    await world.advance(60);
    expect((await world.prove()).result).toBe('sound');
    await check();
    expect((await restrictions()).fence).toMatchObject({
      result: 'intact',
      findings: [],
      permissionsProvenAt: world.at,
    });
  });

  it('counts for seven days', async () => {
    await world.openAccount();
    world.at = new Date(Date.parse(MONDAY) + 7 * DAY * 1000).toISOString();
    await check();
    expect((await restrictions()).fence.result).toBe('intact');
    world.at = new Date(Date.parse(MONDAY) + 7 * DAY * 1000 + 1).toISOString();
    await check();
    expect((await restrictions()).fence).toMatchObject({
      result: 'degraded',
      findings: [expect.stringContaining('was last proven on 2031-03-03')],
    });
    await world.prove();
    await check();
    expect((await restrictions()).fence.result).toBe('intact');
  });

  it('that is missing keeps no account from opening', async () => {
    await world.rows('DELETE FROM permission_proofs');
    await world.openAccount();
    expect((await restrictions()).fence).toMatchObject({
      result: 'degraded',
      findings: [expect.stringContaining('has not been proven yet')],
      permissionsProvenAt: null,
    });
  });

  it('is handed in by an admin only, and read by staff only', async () => {
    for (const who of ['client-1', 'operator-1', 'compliance-1', 'auditor-1'])
      expect((await world.post(who, '/v1/permission-proofs', proof())).status, who).toBe(403);
    expect((await world.get('client-1', '/v1/permission-proofs')).status).toBe(403);
    expect((await world.get('operator-1', '/v1/permission-proofs')).status).toBe(200);
  });

  it.each<[string, () => object, number, string]>([
    ['over no service account', () => proof({ read: { ...proof().read, serviceAccounts: 0 } }), 400, 'input_invalid'],
    ['with a result of its own', () => proof({ result: 'sound' }), 400, 'input_invalid'],
    ['without one of the powers', () => proof({ holders: { vote: [] } }), 400, 'input_invalid'],
    ['of next year', () => proof({ provenAt: '2032-03-03T09:00:00.000Z' }), 422, 'proof_from_the_future'],
  ])('%s is refused', async (_, body, status, code) => {
    const answer = await world.post('admin-1', '/v1/permission-proofs', body());
    expect(answer).toMatchObject({ status, body: { code } });
    expect(await world.rows('SELECT id FROM permission_proofs')).toHaveLength(1);
  });

  it('that is older than the newest does not take its place', async () => {
    await world.openAccount();
    const old = proof({ provenAt: '2031-02-01T00:00:00.000Z', findings: [{ code: 'x', says: 'Long ago.' }] });
    await world.must('admin-1', '/v1/permission-proofs', old);
    await check();
    expect((await restrictions()).fence).toMatchObject({ result: 'intact', permissionsProvenAt: MONDAY });
  });

  it('is recorded whatever names custody shows', async () => {
    const { makerId } = await wantedForTests();
    const setup = await sdk('setup');
    const name = `a\u200bb${'c'.repeat(90)}`;
    await setup.auth.updateServiceAccount({ serviceAccountId: makerId, body: { name } });
    await letMakerVote();
    const { findings, holders } = await world.prove();
    expect(findings).toMatchObject([{ code: 'too_many_rights', says: expect.stringContaining('a?bccc') }]);
    expect(JSON.stringify(holders.vote)).toContain('a?bccc');
  });

  it('finds a role held by somebody whom custody lists nowhere', async () => {
    const [found, wanted] = [await readOrganization(await sdk('setup')), await wantedForTests()];
    if (!found.people.ok) throw new Error(found.people.reason);
    const people = { ok: true as const, value: found.people.value.filter(({ name }) => name !== 'admin-1') };
    const proven = proofOf(wanted, { ...found, people }, MONDAY);
    expect(proven).toMatchObject({ ok: true, proof: { findings: [{ code: 'unknown_holder' }] } });
  });
});
