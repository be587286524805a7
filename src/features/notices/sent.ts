// What came of one attempt to send a notice, whatever the channel.

/** `failed`: worth another attempt. `over`: no further one would help. */
export type Sent =
  | { readonly kind: 'sent'; readonly status: number | null }
  | { readonly kind: 'failed' | 'over'; readonly status: number | null; readonly problem: string };
