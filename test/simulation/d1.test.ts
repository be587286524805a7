import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { observe, observed } from './d1-contract.ts';

it('D1 does what the stand-in of the simulation does', async () => {
  expect(await observe(env.DB)).toEqual(observed);
});
