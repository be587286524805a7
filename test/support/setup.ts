// Files share a runtime, because starting one and loading the product into it costs more than most of them do. So each
// begins by forgetting what the one before left: every store is emptied and gets the newest shape, the receiver is told
// nothing, and nobody is logged in. Every answer of the sandbox is compared with the SDK's types.
import { watchTheSandbox } from './conformance/watch.ts';
import { startOver } from './database.ts';
import { control, forgetTokens } from './outside.ts';

await startOver();
await control('POST', '/reset', {});
forgetTokens();
watchTheSandbox();
await fetch('http://any.receiver.org/_told', { method: 'DELETE' });
