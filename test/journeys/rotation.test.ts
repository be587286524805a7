// Rotating keys and webhook secrets: old and new hold together for a while, then only the new one.
import { beforeEach, describe, expect, it } from 'vitest';
import { planSetup } from '../../scripts/setup/apply.ts';
import { type Access, openDfns } from '../../scripts/setup/dfns.ts';
import { addKey, type KeyRotation, makeKey, retireKey } from '../../scripts/setup/rotate-key.ts';
import { beginRotation, bothSecrets, finishRotation } from '../../scripts/setup/rotate-webhook.ts';
import { control, SANDBOX, sdk, wantedForTests } from '../support/outside.ts';
import { openWorld, World } from '../support/world.ts';

async function accessOf(account: string): Promise<Access> {
  const { orgId, serviceAccounts } = await control('GET', '/organization');
  const { authToken, credentialId, privateKey } = serviceAccounts[account];
  return { apiUrl: SANDBOX, orgId, authToken, credentialId, privateKey };
}

describe.each(['maker', 'checker', 'setup'])('the key of the %s', (account) => {
  let old: Access;
  let rotation: KeyRotation;
  beforeEach(async () => {
    await control('POST', '/reset', {});
    old = await accessOf(account);
    rotation = makeKey(old.credentialId);
  });

  /** Signs for real: the credential that signs is activated, which it is already. */
  async function signs(access: Access): Promise<boolean> {
    const dfns = openDfns(access);
    const { items } = await dfns.auth.listCredentials();
    const own = items.find(({ credentialId }) => credentialId === access.credentialId);
    return dfns.auth.activateCredential({ body: { credentialUuid: own?.credentialUuid ?? '' } }).then(
      () => true,
      () => false,
    );
  }
  const fresh = (): Access => ({ ...old, credentialId: rotation.credentialId, privateKey: rotation.privateKey });

  it('is joined by a new one, both sign, and then only the new one does', async () => {
    await addKey(old, rotation);
    expect([await signs(old), await signs(fresh())]).toEqual([true, true]);
    await retireKey(old, rotation);
    expect([await signs(old), await signs(fresh())]).toEqual([false, true]);
  });

  it('is added once, also when the answer was lost and everything is done again', async () => {
    const call = { method: 'POST', path: '/auth/credentials' };
    await control('POST', '/faults', { ...call, kind: 'status', status: 502, afterEffect: true, times: 1 });
    await expect(addKey(old, rotation)).rejects.toMatchObject({ httpStatus: 502 });
    await addKey(old, rotation);
    expect((await openDfns(old).auth.listCredentials()).items).toHaveLength(2);
    await retireKey(old, rotation);
    await retireKey(old, rotation);
    expect(await signs(fresh())).toBe(true);
  });

  it('stays in force while the new one does not sign', async () => {
    await addKey(old, rotation);
    const broken = { ...rotation, privateKey: makeKey('').privateKey };
    await expect(retireKey(old, broken)).rejects.toThrow();
    expect(await signs(old)).toBe(true);
  });

  it('stays in force when the new one was never added', async () => {
    await expect(retireKey(old, rotation)).rejects.toThrow();
    expect(await signs(old)).toBe(true);
  });
});

describe('the secret of the webhook', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld();
  });

  /** The webhook that the world was set up with, and the secret that the product holds. */
  async function kept() {
    const [webhook] = (await (await sdk('setup')).webhooks.listWebhooks({})).items;
    return { id: webhook?.id ?? '', url: webhook?.url ?? '', secret: world.app.bindings.DFNS_WEBHOOK_SECRETS ?? '' };
  }
  const statusOf = async (product: World, webhookId: string) => {
    const held = (await product.held()).filter((delivery) => delivery.webhookId === webhookId);
    return (await Promise.all(held.map((delivery) => product.deliver(delivery)))).map(({ status }) => status);
  };
  const cause = async () =>
    (await sdk('maker')).wallets.createWallet({ body: { network: 'EthereumSepolia', tags: ['client:cli_1'] } });

  it('is joined by a second one, the product takes both, and then only the new one is left', async () => {
    const [setup, wanted, old] = [await sdk('setup'), await wantedForTests(), await kept()];
    const rotation = await beginRotation(setup, wanted, old);
    expect(bothSecrets(rotation)).toBe(`${old.secret},${rotation.fresh.secret}`);
    expect((await planSetup(setup, wanted, old)).find(({ what }) => what.startsWith('webhook'))).toMatchObject({
      state: 'right',
      lines: [expect.stringContaining('rotation')],
    });

    // Until both secrets are deployed only the old one delivers, so nothing is refused.
    await cause();
    expect(await statusOf(world, rotation.fresh.id)).toEqual([]);
    expect(await statusOf(world, old.id)).toEqual([200]);

    const during = new World(world.at, bothSecrets(rotation), {});
    await setup.webhooks.updateWebhook({ webhookId: rotation.fresh.id, body: { status: 'Enabled' } });
    await cause();
    expect(await statusOf(during, rotation.fresh.id)).toEqual([200]);
    await cause();
    expect(await statusOf(world, rotation.fresh.id)).toContain(401);

    expect(await finishRotation(setup, rotation, async () => true)).toBe(true);
    const { items } = await setup.webhooks.listWebhooks({});
    expect(items.map(({ id, status }) => [id, status])).toEqual([[rotation.fresh.id, 'Enabled']]);
    const after = new World(world.at, rotation.fresh.secret, {});
    await cause();
    expect((await statusOf(after, rotation.fresh.id)).every((status) => status === 200)).toBe(true);
    expect(await finishRotation(setup, rotation, async () => true)).toBe(true);
  });

  it('is not changed while the product does not accept what the new one signs', async () => {
    const [setup, wanted, old] = [await sdk('setup'), await wantedForTests(), await kept()];
    const rotation = await beginRotation(setup, wanted, old);
    // The sandbox of the tests reaches nobody, so its ping fails as it would at a product without the secret.
    expect(await finishRotation(setup, rotation)).toBe(false);
    const { items } = await setup.webhooks.listWebhooks({});
    expect(items.map(({ id, status }) => [id, status]).sort()).toEqual(
      [
        [old.id, 'Enabled'],
        [rotation.fresh.id, 'Disabled'],
      ].sort(),
    );
  });

  it('that was lost on the way is made again, without a third webhook', async () => {
    const [setup, wanted, old] = [await sdk('setup'), await wantedForTests(), await kept()];
    const lost = await beginRotation(setup, wanted, old);
    const again = await beginRotation(setup, wanted, old);
    const { items } = await setup.webhooks.listWebhooks({});
    expect(items.map(({ id }) => id).sort()).toEqual([old.id, again.fresh.id].sort());
    expect(again.fresh.id).not.toBe(lost.fresh.id);
  });

  it('of a webhook that custody does not list is not rotated', async () => {
    const [setup, wanted] = [await sdk('setup'), await wantedForTests()];
    const gone = { id: 'wh-gone0-00000-00000000000000', url: wanted.webhookUrl, secret: 'whs-gone' };
    await expect(beginRotation(setup, wanted, gone)).rejects.toThrow('run apply first');
    expect((await setup.webhooks.listWebhooks({})).items).toHaveLength(1);
  });
});
