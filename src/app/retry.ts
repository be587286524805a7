// A person's act that lost a race with somebody else's commit is judged again on what stands now, a few times.
import type { Result } from '../domain/result.ts';

const ATTEMPTS = 4;

export async function retryConflict<T>(attempt: () => Promise<Result<T>>): Promise<Result<T>> {
  for (let made = 1; ; made += 1) {
    const result = await attempt();
    if (result.ok || result.refusal.code !== 'version_conflict' || made === ATTEMPTS) return result;
  }
}
