// The statuses and how they move, as the design has them: written down a second time, so that the simulation does not judge
// the product by the product's own tables.

type Machine = Readonly<Record<string, readonly string[]>>;

export const machines: Readonly<Record<string, Machine>> = {
  accounts: { opening: ['active', 'failed'], failed: ['opening'], active: ['closed'], closed: [] },
  wallets: { creating: ['active', 'failed'], failed: ['creating'], active: ['archived'], archived: [] },
  destinations: {
    ...{ proposed: ['requested', 'withdrawn', 'expired'], requested: ['in_review', 'refused', 'withdrawn'] },
    in_review: ['approved', 'suspended', 'rejected', 'expired', 'failed'],
    ...{ approved: ['suspended', 'removing'], suspended: ['approved', 'removing'], removing: ['removed', 'suspended'] },
    ...{ refused: [], withdrawn: [], rejected: [], expired: [], failed: [], removed: [] },
  },
  policy_changes: {
    ...{ queued: ['submitting', 'withdrawn'], submitting: ['submitted', 'failed', 'conflict'] },
    submitted: ['applied', 'rejected', 'expired', 'failed', 'conflict'],
    ...{ conflict: ['queued', 'withdrawn'], withdrawn: [], applied: [], rejected: [], expired: [], failed: [] },
  },
  mandates: {
    ...{ granted: ['active', 'revoked', 'rejected', 'expired'], active: ['revoked', 'expired'] },
    ...{ revoked: [], rejected: [], expired: [] },
  },
  schedules: { active: ['paused', 'ended'], paused: ['active', 'ended'], ended: [] },
  orders: {
    ...{ scheduled: ['released', 'canceled', 'skipped'], released: ['executing', 'blocked', 'canceled', 'skipped'] },
    executing: ['executed', 'failed', 'rejected', 'canceled'],
    ...{ executed: [], failed: [], rejected: [], blocked: [], canceled: [], skipped: [] },
  },
  transfers: {
    prepared: ['submitting', 'canceled'],
    submitting: ['submitted', 'awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected', 'needs_review'],
    submitted: ['awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected', 'needs_review'],
    awaiting_approval: ['broadcast', 'confirmed', 'failed', 'rejected', 'needs_review'],
    broadcast: ['confirmed', 'failed', 'needs_review'],
    needs_review: ['submitted', 'awaiting_approval', 'broadcast', 'confirmed', 'failed', 'rejected'],
    ...{ confirmed: [], failed: [], rejected: [], canceled: [] },
  },
  payout_batches: {
    ...{ loading: ['draft', 'canceled'], draft: ['checked', 'canceled'], checked: ['draft', 'released', 'canceled'] },
    ...{
      released: ['running', 'canceled'],
      running: ['paused', 'finished', 'canceled'],
      paused: ['running', 'canceled'],
    },
    ...{ finished: [], canceled: [] },
  },
  payouts: {
    ...{ invalid: ['ready', 'canceled'], ready: ['executing', 'invalid', 'canceled'] },
    ...{ executing: ['paid', 'failed', 'rejected'], paid: [], failed: [], rejected: [], canceled: [] },
  },
  halts: { active: ['lifted'], lifted: [] },
};
