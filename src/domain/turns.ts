// How payouts and orders share a minute of the pace: payouts are one more party beside the accounts whose orders wait.

/**
 * Which lanes get a turn, one after another. Where no order waits each lane gets one, and what it sends wakes it again.
 * @param room how many transfers the minute can begin
 * @param parties accounts with orders that wait
 */
export function turnsOf<T>(lanes: readonly T[], { room, parties }: { room: number; parties: number }): readonly T[] {
  if (lanes.length === 0 || room < 1) return [];
  const share = parties === 0 ? lanes.length : Math.max(1, Math.floor(room / (parties + 1)));
  const turns: T[] = [];
  while (turns.length < share) turns.push(...lanes.slice(0, share - turns.length));
  return turns;
}

/** Both in their order, the fewer spread evenly over the more: neither waits for the end of the other. */
export function interleave<T>(one: readonly T[], other: readonly T[]): readonly T[] {
  const placed = [one, other].flatMap((items) =>
    items.map((item, index) => ({ item, place: (index + 1) / (items.length + 1) })),
  );
  return placed.sort((left, right) => left.place - right.place).map(({ item }) => item);
}
