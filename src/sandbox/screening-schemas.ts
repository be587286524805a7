/** Owns the configuration of the screening rules, whose vendors the sandbox cannot ask. */
import * as z from 'zod';

const categoryIds = z.array(z.int().min(0));
const exposure = z.strictObject({ direct: z.strictObject({ categoryIds }) });
const alerts = z.strictObject({ alertLevel: z.enum(['LOW', 'MEDIUM', 'HIGH', 'SEVERE']), categoryIds });

/** Which kinds of ignorance let an activity pass; everything else that is not known triggers. */
const skips = {
  skipUnscreenableTransaction: z.boolean(),
  skipUnsupportedNetwork: z.boolean(),
  skipUnsupportedAsset: z.boolean(),
};
const chainalysis = {
  alerts,
  exposures: exposure,
  userIdTemplate: z.string().optional(),
  fallbackBehaviours: z.strictObject({ ...skips, skipChainalysisFailure: z.boolean() }),
};

export const prescreeningRules = [
  z.strictObject({
    kind: z.literal('ChainalysisTransactionPrescreening'),
    configuration: z.strictObject({ ...chainalysis, addresses: z.strictObject({ categoryIds }) }),
  }),
  z.strictObject({
    kind: z.literal('GlobalLedgerTransactionPrescreening'),
    configuration: z.strictObject({
      riskScoreThreshold: z.number().min(0).max(100),
      fallbackBehaviours: z.strictObject({ ...skips, skipGlobalLedgerFailure: z.boolean() }),
    }),
  }),
  z.strictObject({
    kind: z.literal('TravelRuleTransactionPrescreening'),
    configuration: z.strictObject({
      vendor: z.literal('Notabene'),
      autoTriggerTimeoutSeconds: z.number().min(0),
      autoClearAfterDeliveredTimeoutSeconds: z.number().min(0).optional(),
    }),
  }),
] as const;

export const IncomingScreening = z.strictObject({
  kind: z.literal('ChainalysisTransactionScreening'),
  configuration: z.strictObject(chainalysis),
});

export type ScreeningRule = z.infer<(typeof prescreeningRules)[number] | typeof IncomingScreening>;
