// Rate by sender, before anything is known of it: a flood of one costs nobody else an answer.

export interface DoorRate {
  readonly DOOR_RATE: RateLimit;
}

/** Whether this sender may be answered now. Only the platform names senders; without one all are the same. */
export async function mayKnock({ DOOR_RATE }: DoorRate, headers: Headers): Promise<boolean> {
  const { success } = await DOOR_RATE.limit({ key: headers.get('cf-connecting-ip') ?? 'unknown' });
  return success;
}
