/** Shows the state of the sandbox and lets a developer act as an officer. It uses nothing but the public controls. */
const REFRESH_MILLISECONDS = 2000;
const byId = (id) => document.getElementById(id);

async function call(method, path, body) {
  const answer = await fetch(`/_sandbox${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
  const parsed = await answer.json();
  if (!answer.ok) throw new Error(parsed.error.message);
  return parsed;
}

/** Acts, then shows what came of it, or why nothing did. */
async function act(method, path, body) {
  byId('failure').textContent = '';
  await call(method, path, body).catch((fault) => {
    byId('failure').textContent = fault.message;
  });
  await refresh();
}

function element(name, content, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...[content].flat());
  return made;
}

function table(id, rows, columns) {
  if (rows.length === 0) {
    byId(id).replaceChildren(element('p', 'None.', { className: 'empty' }));
    return;
  }
  const names = Object.keys(columns);
  const head = element(
    'tr',
    names.map((name) => element('th', name)),
  );
  const lines = rows.map((row) =>
    element(
      'tr',
      names.map((name) => element('td', columns[name](row) ?? '')),
    ),
  );
  byId(id).replaceChildren(element('table', [element('thead', head), element('tbody', lines)]));
}

/** Base units as one would say them: exact, because they never become a number. */
function amount(units, { decimals, symbol = 'units' }) {
  const digits = units.padStart(decimals + 1, '0');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return `${digits.slice(0, digits.length - decimals)}${fraction && `.${fraction}`} ${symbol}`;
}

const transferInWords = ({ requestBody, metadata, network }) =>
  `${amount(requestBody.amount, metadata.asset)} to ${requestBody.to} on ${network}`;

function activityInWords({ kind, transferRequest, changeRequest }) {
  if (transferRequest) return `Transfer of ${transferInWords(transferRequest)}`;
  if (!changeRequest) return kind;
  const { body } = changeRequest;
  const verb = body.status === 'Archived' ? 'Archive' : 'Change';
  return `${verb} policy "${body.name}" to: ${JSON.stringify(body.rule.configuration ?? body.rule.kind)}`;
}

function decisionButtons({ id }) {
  const decide = (value) => () =>
    act('POST', `/approvals/${id}/decide`, {
      user: byId('officer').value,
      value,
      reason: 'Decided on the sandbox page',
    });
  return [
    element('button', 'Approve', { type: 'button', onclick: decide('Approved') }),
    ' ',
    element('button', 'Deny', { type: 'button', onclick: decide('Denied') }),
  ];
}

function show(state) {
  const nameOf = (userId) => state.accounts.find((account) => account.userId === userId)?.name ?? userId;
  byId('organization').textContent = state.orgId;
  byId('now').textContent = state.now.replace('T', ' ').replace(/\.\d+Z/, ' UTC');
  byId('mode').textContent = `mode: ${state.webhookMode}`;
  if (byId('officer').options.length === 0) {
    const people = state.accounts.filter(({ isServiceAccount }) => !isServiceAccount);
    byId('officer').append(...people.map(({ name }) => element('option', name, { value: name })));
  }
  table('approvals', state.approvals, {
    Activity: ({ activity }) => activityInWords(activity),
    'Asked by': ({ initiatorId }) => nameOf(initiatorId),
    Needs: ({ groups }) =>
      groups
        .map(({ quorum, approvers }) => `${quorum} of ${approvers.userId?.in.map(nameOf).join(', ') ?? 'all people'}`)
        .join('; and '),
    Votes: ({ decisions }) => decisions.map(({ userId, value }) => `${nameOf(userId)}: ${value}`).join(', '),
    Decide: decisionButtons,
  });
  table('wallets', state.wallets, {
    Wallet: ({ name, id }) => name ?? id,
    Network: ({ network }) => network,
    Address: ({ address }) => address,
    Tags: ({ tags }) => tags.join(', '),
    Balances: ({ balances }) => balances.map((held) => amount(held.units, held)).join(', '),
  });
  table('transfers', state.transfers, {
    Requested: ({ dateRequested }) => dateRequested,
    Transfer: transferInWords,
    Status: ({ status, reason }) => (reason ? `${status}: ${reason}` : status),
  });
  table('policies', state.policies, {
    Policy: ({ name }) => name,
    Status: ({ status }) => status,
    Rule: ({ inWords }) => inWords,
  });
  table('webhooks', state.webhooks, {
    Webhook: ({ url }) => url,
    Events: ({ events }) => events.join(', '),
    Status: ({ status }) => status,
  });
  table('deliveries', state.deliveries, {
    Delivery: ({ body }) => JSON.parse(body).kind,
    Attempt: ({ attempt }) => String(attempt),
    Status: ({ status, responseStatus }) => [status, responseStatus].filter(Boolean).join(' '),
    Send: ({ id }) =>
      element('button', 'Send', { type: 'button', onclick: () => act('POST', `/deliveries/${id}/send`) }),
  });
  table('faults', state.faults, { Fault: (fault) => JSON.stringify(fault) });
  table('accounts', state.accounts, { Name: ({ name }) => name, 'User id': ({ userId }) => userId });
}

let shown = '';
async function refresh() {
  const state = await call('GET', '/overview');
  // Only the clock moved: leave the page alone, or a click could meet a button that is just being replaced.
  const { now, ...rest } = state;
  const text = JSON.stringify(rest);
  if (text !== shown) show(state);
  else byId('now').textContent = now.replace('T', ' ').replace(/\.\d+Z/, ' UTC');
  shown = text;
}

for (const button of document.querySelectorAll('[data-advance]')) {
  button.addEventListener('click', () => act('POST', '/time/advance', { seconds: Number(button.dataset.advance) }));
}
setInterval(() => refresh().catch(() => undefined), REFRESH_MILLISECONDS); // The sandbox may be restarting.
refresh().catch((fault) => {
  byId('failure').textContent = fault.message;
});
