// What the desk does about each finding of a fence check. The client reads what is; the desk reads what to do.
import type { Finding, FindingCode } from './fence.ts';

const advice: Readonly<Record<FindingCode, string>> = {
  wallet_missing:
    'Look the wallet up in the dashboard of custody: it was archived or moved, and its money is to be found.',
  tag_missing:
    'Put the tag back in the dashboard, and find in the audit log who took it off: no service account of ours may.',
  limits_tag_missing: 'Put the tag back in the dashboard, or have the raise approved first that it belongs to.',
  wallet_outside: 'Archive the wallet in the dashboard: it spends with the same key and no list holds it.',
  wallet_unknown: 'Find out who made the wallet; archive it in the dashboard when nobody needs it.',
  list_missing: 'Find the change that archived the list; the set-up account makes a new one before the halt is lifted.',
  list_rule_differs: 'Have the rule put back by a change that an officer approves, and find who changed it.',
  list_differs: 'Compare both lists, have the one at custody put back, and find who added or removed the difference.',
  list_filter_differs: 'Have the filter put back to the tag of the account alone, and find who changed it.',
  list_action_differs: 'Have the action put back, and find who changed it.',
  foreign_change_pending: 'Deny the request at custody unless its maker can say what it is for.',
  limits_missing: 'Run the set-up: it plans the missing limit, and an officer approves it.',
  limits_differ: 'Have the limits put back, or change the template in the set-up first.',
  limits_filtered: 'Have the filter put back to the tag of the template alone.',
  limits_action_differs: 'Have the action put back, or change the template in the set-up first.',
  guard_missing: 'Run the set-up now: until the guard stands, anyone with the right may change every list unseen.',
  guard_unsound: 'Run the set-up: its plan names what is wrong with the guard.',
  permission_proof_old: 'Run `npm run setup -- prove`.',
  permission_proof_unsound: 'Take the rights away that the proof names, then run `npm run setup -- prove` again.',
  unreadable: 'Look whether custody answers and whether our credential is accepted; the check is repeated by itself.',
};

/** What a client reads, and what to do about it. */
export const deskSays = ({ code, says }: Finding): string => `${says} ${advice[code]}`;
