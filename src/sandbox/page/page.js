/** Shows the state of the sandbox and lets a developer act as an officer. It uses nothing but the public controls. */
import { element, instant } from './elements.js';
import { views } from './views.js';

const REFRESH_MILLISECONDS = 1500;
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

const actions = {
  decide: (id, value) =>
    act('POST', `/approvals/${id}/decide`, {
      ...{ user: byId('officer').value, value },
      reason: byId('reason').value || byId('reason').placeholder,
    }),
  fund: (walletId, amount) => act('POST', `/wallets/${walletId}/fund`, { kind: 'Native', amount }),
  send: (deliveryId) => act('POST', `/deliveries/${deliveryId}/send`, {}),
};

/** How many there are in all, where the list may be shorter. */
const countOf = (section, state) => state.counts[section] ?? state[section].length;

function showHead(state) {
  byId('organization').textContent = state.orgId;
  byId('mode').value = state.webhookMode;
  byId('no-faults').hidden = state.faults.length === 0;
  const people = state.accounts.filter(({ canDecide }) => canDecide).map(({ name }) => name);
  if (byId('officer').options.length !== people.length) {
    byId('officer').replaceChildren(...people.map((name) => element('option', name, { value: name })));
  }
}

const shown = new Map();

/** Only what has changed is made anew: a click must not meet a button that is just being replaced. */
function show(state) {
  byId('now').textContent = `${instant(state.now)} UTC`;
  byId('now').dateTime = state.now;
  showHead(state);
  const counted = Object.keys(views).map((section) => [section, countOf(section, state)]);
  once('sections', counted, () => byId('sections').replaceChildren(...counted.map(link)));
  const today = state.now.slice(0, 10);
  for (const [section, view] of Object.entries(views)) {
    const parts = [state[section], section === 'keys' ? state.wallets : today];
    // What expires says in how many minutes.
    if (section === 'approvals' && state.approvals.some(({ expirationDate }) => expirationDate)) {
      parts.push(state.now.slice(0, 16));
    }
    once(section, parts, () => byId(section).querySelector('.content').replaceChildren(view(state, actions)));
  }
}

function once(name, parts, make) {
  const text = JSON.stringify(parts);
  if (shown.get(name) === text) return;
  make();
  shown.set(name, text);
}

function link([section, count]) {
  const title = byId(section).querySelector('h2').textContent;
  const number = element('span', String(count), { className: count === 0 ? 'count none' : 'count' });
  return element('a', [title, ' ', number], { href: `#${section}`, className: section });
}

async function refresh() {
  show(await call('GET', '/overview'));
}

for (const button of document.querySelectorAll('[data-advance]')) {
  button.addEventListener('click', () => act('POST', '/time/advance', { seconds: Number(button.dataset.advance) }));
}
byId('mode').addEventListener('change', () => act('PUT', '/webhooks/mode', { mode: byId('mode').value }));
byId('no-faults').addEventListener('click', () => act('DELETE', '/faults'));

/** Whoever does not look need not be told. */
async function follow() {
  try {
    if (!document.hidden) await refresh();
    document.body.classList.remove('lost');
  } catch {
    document.body.classList.add('lost'); // It may be restarting: say so by looking stale, and try again.
  }
  setTimeout(follow, REFRESH_MILLISECONDS);
}
follow();
