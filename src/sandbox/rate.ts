/** Owns the request budget of the organisation: a fixed window of a minute of sandbox time, kept in memory only. */
const WINDOW_MILLISECONDS = 60_000;

export class RateWindow {
  #startedAt = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** Counts a request; the seconds to wait when it is one too many. */
  hit(now: number, limit: number | null): number | undefined {
    if (limit === null) {
      this.#startedAt = Number.NEGATIVE_INFINITY;
      return undefined;
    }
    // A reset may have turned the clock back, which also ends the window.
    if (now < this.#startedAt || now >= this.#startedAt + WINDOW_MILLISECONDS) {
      this.#startedAt = now;
      this.#count = 0;
    }
    this.#count += 1;
    if (this.#count <= limit) return undefined;
    return Math.max(1, Math.ceil((this.#startedAt + WINDOW_MILLISECONDS - now) / 1000));
  }
}
