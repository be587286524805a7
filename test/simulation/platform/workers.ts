// Stands in for `cloudflare:workers` in the bundle: the sandbox's class only wants its two arguments kept.
export class DurableObject<Env> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Env;

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}
