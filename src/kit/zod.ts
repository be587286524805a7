// What a deployed bundle takes for 'zod' (wrangler.toml, alias): all that is used of it, without the texts of errors in fifty
// languages, which nobody here asks for and which were a tenth of the bundle. A bundler leaves them out by itself where zod is
// imported as a namespace; @hono/zod-openapi hands the whole namespace on, so that nothing can be left out. Tests and
// types see zod itself.
import * as z from './zod-names.ts';

export * from './zod-names.ts';
export { z };
