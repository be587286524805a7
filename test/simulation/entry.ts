// What a simulated process consists of: the doors of the product, the sandbox's own Durable Object, and the set-up.
export { DfnsApiClient } from '@dfns/sdk';
export { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
export { applySetup } from '../../scripts/setup/apply.ts';
export { organization, wantedOrganization } from '../../scripts/setup/organization.ts';
export { proofOf } from '../../scripts/setup/prove.ts';
export { readOrganization } from '../../scripts/setup/read.ts';
export { openApp } from '../../src/app/app.ts';
export { runJobs } from '../../src/doors/cron.ts';
export { http } from '../../src/doors/http.ts';
export { consume } from '../../src/doors/queue.ts';
export { deriveOrganization } from '../../src/sandbox/derive.ts';
export { Organization } from '../../src/sandbox/organization.ts';
