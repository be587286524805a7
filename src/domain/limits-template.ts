// The limits a template sets at custody, on its own tag; custody counts them for each wallet. One number here serves the
// set-up that creates the policy and the check that compares it.

/** From the lowest to the highest: what stands earlier is lower. */
export const limitsTemplates = {
  small: { count: 20, timeframeMinutes: 1440 },
  standard: { count: 100, timeframeMinutes: 1440 },
} as const;

export type LimitsTemplate = keyof typeof limitsTemplates;

export const limitsTemplateNames = ['small', 'standard'] as const satisfies readonly LimitsTemplate[];

/** Whether one holds an account tighter than the other. */
export const isLower = (one: LimitsTemplate, other: LimitsTemplate): boolean =>
  limitsTemplateNames.indexOf(one) < limitsTemplateNames.indexOf(other);
