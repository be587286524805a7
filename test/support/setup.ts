// Every test file starts with an empty database of the newest shape, and every answer of the sandbox is compared with the
// SDK's types.
import { applyD1Migrations } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { watchTheSandbox } from './conformance/watch.ts';

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
watchTheSandbox();
