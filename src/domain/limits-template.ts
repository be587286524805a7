// The limits a template sets at custody, on its own tag; custody counts them for each wallet. One number here serves the
// set-up that creates the policy and the check that compares it.

export const limitsTemplates = {
  standard: { count: 100, timeframeMinutes: 1440 },
} as const;

export type LimitsTemplate = keyof typeof limitsTemplates;
