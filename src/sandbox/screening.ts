/**
 * Owns what the screening vendors would say: a script of verdicts that a developer sets, because no vendor is asked. Where
 * the script says nothing, everything is clean.
 */
import * as z from 'zod';
import { parse, readJson } from './errors.ts';
import { type Answer, type Call, ok, type Route } from './http.ts';
import type { ScreeningRule } from './screening-schemas.ts';
import type { World } from './world.ts';

const SCRIPT_MAX = 100;

const verdicts = [
  'cleared',
  'flagged',
  'unscreenable',
  'unsupported_network',
  'unsupported_asset',
  'vendor_failure',
] as const;

const Line = z.strictObject({
  /** The kind of rule this verdict is for; of all kinds where absent. */
  rule: z
    .enum([
      'ChainalysisTransactionPrescreening',
      'GlobalLedgerTransactionPrescreening',
      'TravelRuleTransactionPrescreening',
      'ChainalysisTransactionScreening',
    ])
    .optional(),
  /** The other side of the movement, in any case; anyone where absent. */
  address: z.string().min(1).optional(),
  verdict: z.enum(verdicts),
  /** GlobalLedger only: instead of flagged or cleared, the score that the policy compares with its threshold. */
  riskScore: z.number().min(0).max(100).optional(),
});
const Script = z.strictObject({ items: z.array(Line).max(SCRIPT_MAX) });

export type Verdict = (typeof verdicts)[number];
export type ScreeningScript = readonly z.infer<typeof Line>[];

export const screeningRoutes: readonly Route<Call>[] = [
  { method: 'GET', path: '/_sandbox/screening', serve: (world) => ok({ items: readScript(world) }) },
  { method: 'PUT', path: '/_sandbox/screening', serve: setScript },
];

export function readScript({ store }: World): ScreeningScript {
  const text = store.meta('screening');
  return text === undefined ? [] : Script.parse(JSON.parse(text)).items;
}

/** The whole script at once, so that a test need not know what was there. */
function setScript(world: World, { text }: Call): Answer {
  const script = parse(Script, readJson(text), 'body');
  world.store.setMeta('screening', JSON.stringify(script));
  return ok(script);
}

type Found = { verdict: Verdict; riskScore?: number | undefined };

function find(script: ScreeningScript, kind: ScreeningRule['kind'], counterparties: readonly string[]): Found {
  const known = new Set(counterparties.map((address) => address.toLowerCase()));
  const line = script.find(
    ({ rule, address }) => (rule ?? kind) === kind && (address === undefined || known.has(address.toLowerCase())),
  );
  return line ?? { verdict: 'cleared' };
}

/** What was not screened triggers, unless the policy says to skip that kind of ignorance. */
export function screen(rule: ScreeningRule, counterparties: readonly string[] | undefined, script: ScreeningScript) {
  const { verdict, riskScore }: Found = counterparties
    ? find(script, rule.kind, counterparties)
    : { verdict: 'unscreenable' };
  const isScored = rule.kind === 'GlobalLedgerTransactionPrescreening' && riskScore !== undefined;
  if (isScored && (verdict === 'cleared' || verdict === 'flagged')) {
    const { riskScoreThreshold } = rule.configuration;
    const reason = `Risk score (${riskScore}) against the threshold (${riskScoreThreshold})`;
    return { triggered: riskScore >= riskScoreThreshold, reason };
  }
  switch (verdict) {
    case 'cleared':
      return { triggered: false, reason: 'The screening found nothing' };
    case 'flagged':
      return { triggered: true, reason: 'The screening raised an alert' };
    default:
      return { triggered: !isSkipped(rule, verdict), reason: `The transaction was not screened: ${verdict}` };
  }
}

function isSkipped(rule: ScreeningRule, verdict: Exclude<Verdict, 'cleared' | 'flagged'>): boolean {
  // The travel rule has no such switches: what its vendor does not clear triggers.
  if (rule.kind === 'TravelRuleTransactionPrescreening') return false;
  const { fallbackBehaviours: skip } = rule.configuration;
  switch (verdict) {
    case 'unscreenable':
      return skip.skipUnscreenableTransaction;
    case 'unsupported_network':
      return skip.skipUnsupportedNetwork;
    case 'unsupported_asset':
      return skip.skipUnsupportedAsset;
    case 'vendor_failure':
      return 'skipGlobalLedgerFailure' in skip ? skip.skipGlobalLedgerFailure : skip.skipChainalysisFailure;
  }
}
