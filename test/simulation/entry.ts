// What a simulated process consists of: the doors of the product, the sandbox's own Durable Object, and the set-up.
export { DfnsApiClient } from '@dfns/sdk';
export { AsymmetricKeySigner } from '@dfns/sdk-keysigner';
export { applySetup } from '../../scripts/setup/apply.ts';
export { organization, wantedOrganization } from '../../scripts/setup/organization.ts';
export { proofOf } from '../../scripts/setup/prove.ts';
export { readOrganization } from '../../scripts/setup/read.ts';
export { openApp } from '../../src/app/app.ts';
export { openChecker } from '../../src/checker/checker.ts';
export { runJobs as runCheckerJobs } from '../../src/checker/cron.ts';
export { http as checkerHttp } from '../../src/checker/http.ts';
export { consume as consumeReviews } from '../../src/checker/queue.ts';
export { runJobs } from '../../src/doors/cron.ts';
export { http } from '../../src/doors/http.ts';
export { consume } from '../../src/doors/queue.ts';
export { checkerFactsOf } from '../../src/features/checker-facts/service.ts';
export { deriveOrganization } from '../../src/sandbox/derive.ts';
export { Organization } from '../../src/sandbox/organization.ts';
