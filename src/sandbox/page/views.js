/** How each section looks: a function of what the sandbox answered and of what can be done there. */
import { badge, button, copyable, element, remaining, sentence, status, table, when } from './elements.js';

const ONE_COIN = ({ decimals }) => `1${'0'.repeat(decimals)}`;

function approvals({ approvals: waiting, now }, { decide }) {
  if (waiting.length === 0) return element('p', 'Nothing waits.', { className: 'empty' });
  return element(
    'div',
    waiting.map((approval) => card(approval, now, decide)),
    { className: 'cards' },
  );
}

function card(
  { id, title, before, after, initiator, because, groups, decisions, dateCreated, expirationDate },
  now,
  decide,
) {
  const change = [
    before && element('p', [element('b', 'Now '), sentence(before)], { className: 'change' }),
    after && element('p', [element('b', 'Then '), sentence(after)], { className: 'change' }),
  ].filter(Boolean);
  const expiry = expirationDate ? `, expires in ${remaining(expirationDate, now)}` : '';
  return element(
    'article',
    [
      element('h3', sentence(title)),
      ...change,
      element('p', ['Asked by ', element('b', initiator), ' at ', when(dateCreated, now), expiry], {
        className: 'quiet',
      }),
      element(
        'ul',
        because.map(({ policy, reason }) => element('li', [element('b', policy), ': ', sentence(reason)])),
      ),
      element(
        'ul',
        groups.map((group) => element('li', seats(group, decisions))),
      ),
      element('p', [
        button('Approve', () => decide(id, 'Approved'), { className: 'approve' }),
        ' ',
        button('Deny', () => decide(id, 'Denied'), { className: 'deny' }),
        ' ',
        copyable(id),
      ]),
    ],
    { className: 'card' },
  );
}

function seats({ name, quorum, members }, decisions) {
  const voted = decisions.filter((decision) => members === undefined || members.includes(decision.name));
  // A group that lists nobody is open to every person; of those only who has voted can be named.
  const people = members ?? [...voted.map((decision) => decision.name), 'anybody'];
  const seat = (member) => {
    const decision = decisions.find((one) => one.name === member);
    return decision === undefined ? member : [`${member} `, badge(decision.value)];
  };
  return [`${name ?? 'Approvers'}, ${voted.length} of ${quorum}: `, ...listed(people.map(seat))];
}

const listed = (items) => items.flatMap((item, index) => (index === 0 ? item : [', ', item].flat()));

const nameOr = (name) => (name === undefined ? element('span', 'unnamed', { className: 'quiet' }) : element('b', name));

const wallets = ({ wallets: held }, { fund }) =>
  table(held, {
    Wallet: ({ name, tags, status: state }) => [
      nameOr(name),
      ...tags.map((tag) => element('small', tag, { className: 'tag' })),
      ...(state === 'Active' ? [] : [badge(state)]),
    ],
    Network: ({ network }) => network,
    Address: ({ address }) => copyable(address),
    Holds: ({ balances }) => balances.map(({ inWords }) => element('div', inWords, { className: 'amount' })),
    Id: ({ id }) => copyable(id),
    Fund: ({ id, native }) => button(`+1 ${native.symbol}`, () => fund(id, ONE_COIN(native)), { className: 'small' }),
  });

const requests = (items, now) =>
  table(items, {
    Asked: ({ dateRequested }) => when(dateRequested, now),
    What: ({ inWords }) => sentence(inWords),
    Network: ({ network }) => network ?? '',
    Status: status,
    Hash: ({ txHash }) => copyable(txHash),
    Id: ({ id }) => copyable(id),
  });

const signatures = ({ signatures: items, now }) =>
  table(items, {
    Asked: ({ dateRequested }) => when(dateRequested, now),
    What: ({ inWords }) => sentence(inWords),
    Status: status,
    Signature: ({ signature }) => copyable(signature?.encoded),
    Id: ({ id }) => copyable(id),
  });

const keys = ({ keys: items, wallets: held }) =>
  table(items, {
    Key: ({ name }) => nameOr(name),
    Curve: ({ curve, scheme }) => `${curve} (${scheme})`,
    'Public key': ({ publicKey }) => copyable(publicKey),
    Wallets: ({ id }) =>
      listed(held.filter(({ keyId }) => keyId === id).map((wallet) => wallet.name ?? copyable(wallet.id))),
    Status: status,
    Id: ({ id }) => copyable(id),
  });

const policies = ({ policies: items }) =>
  table(items, {
    Policy: ({ name }) => element('b', name),
    Rule: ({ inWords }) => sentence(inWords),
    Status: status,
    Id: ({ id }) => copyable(id),
  });

const webhooks = ({ webhooks: items }) =>
  table(items, {
    Webhook: ({ url }) => url,
    Events: ({ events }) => events.join(', '),
    Status: status,
    Id: ({ id }) => copyable(id),
  });

const deliveries = ({ deliveries: items, now }, { send }) =>
  table(items, {
    Event: ({ kind }) => kind,
    To: ({ url }) => url,
    Attempt: ({ attempt }) => String(attempt),
    Status: ({ status: state, responseStatus }) => [badge(state), responseStatus ? ` ${responseStatus}` : undefined],
    Sent: ({ dateSent }) => when(dateSent, now),
    Again: ({ id, dateSent }) => button(dateSent ? 'Send again' : 'Send', () => send(id), { className: 'small' }),
  });

const faults = ({ faults: items }) =>
  table(
    items,
    {
      Request: ({ method, path }) => `${method} ${path}`,
      Fault: ({ id: _id, method: _method, path: _path, kind, times: _times, ...rest }) =>
        [kind, ...Object.entries(rest).map(([name, value]) => `${name} ${value}`)].join(', '),
      Left: ({ times }) => (times === undefined ? 'until removed' : String(times)),
    },
    'None: every request is served.',
  );

const settings = ({ settings: changed }) =>
  table(changed, { Setting: ({ name }) => name, Value: ({ value }) => String(value) }, 'All have their defaults.');

const accounts = ({ accounts: items }) =>
  table(items, {
    Name: ({ name, isActive }) => [element('b', name), ...(isActive ? [] : [badge('Inactive')])],
    Kind: ({ isServiceAccount }) => (isServiceAccount ? 'service account' : 'person'),
    'User id': ({ userId }) => copyable(userId),
  });

/** By the id of their section. */
export const views = {
  approvals,
  wallets,
  transfers: ({ transfers: items, now }) => requests(items, now),
  transactions: ({ transactions: items, now }) => requests(items, now),
  signatures,
  keys,
  policies,
  webhooks,
  deliveries,
  faults,
  settings,
  accounts,
};
