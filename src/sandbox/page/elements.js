/** The few elements of which everything on the page is made. Text is only ever set as text. */
export function element(name, content, attributes = {}) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...[content].flat().filter((part) => part !== undefined));
  return made;
}

export const button = (label, onclick, attributes = {}) =>
  element('button', label, { type: 'button', onclick, ...attributes });

const SHORT_MAX = 20;
const shorten = (text) => (text.length > SHORT_MAX ? `${text.slice(0, 10)}…${text.slice(-6)}` : text);

/** An id or an address, short; a click copies the whole of it. */
export function copyable(text = '') {
  if (text === '') return '';
  const copy = async ({ currentTarget: shown }) => {
    await navigator.clipboard.writeText(text);
    shown.textContent = 'copied';
    setTimeout(() => {
      shown.textContent = shorten(text);
    }, 800);
  };
  return button(shorten(text), copy, { className: 'id', title: `${text} (click to copy)` });
}

const LONG =
  /(0x[0-9a-fA-F]{40,}|\b(?:ap|cr|key|or|plc|pm|sig|tx|us|wa|wh|xfr)-[a-z0-9]{5}-[a-z0-9]{5}-[a-z0-9]{14,16}\b)/;

/** A sentence whose ids and addresses are short. */
export const sentence = (text) =>
  element(
    'span',
    text.split(LONG).map((part, index) => (index % 2 === 1 ? copyable(part) : part)),
  );

const GOOD = ['Active', 'Confirmed', 'Signed', 'Enabled', 'sent', 'Approved'];
const BAD = ['Failed', 'Rejected', 'Denied', 'failed', 'dropped'];

export function badge(text) {
  const tone = GOOD.includes(text) ? 'good' : BAD.includes(text) ? 'bad' : 'other';
  return element('span', text, { className: `badge ${tone}` });
}

export const status = ({ status: text, reason }) => [
  badge(text),
  reason === undefined ? undefined : element('small', sentence(reason)),
];

const MINUTE = 60_000;
const two = (number) => String(number).padStart(2, '0');
export const instant = (text) => text.replace('T', ' ').replace(/\.\d+Z$/, '');

/** The time of day, and the date where it is not today's. */
export function when(text, now) {
  if (text === undefined) return '';
  const isToday = text.slice(0, 10) === now.slice(0, 10);
  return element('time', isToday ? text.slice(11, 19) : instant(text), {
    title: `${instant(text)} UTC`,
    dateTime: text,
  });
}

export function remaining(text, now) {
  const minutes = Math.max(0, Math.round((Date.parse(text) - Date.parse(now)) / MINUTE));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

const ROWS_AT_FIRST = 8;

/** On a narrow screen each row is a card, and each cell is named by its column. Of a long list the rest is a click away. */
export function table(rows, columns, empty = 'None yet.') {
  if (rows.length === 0) return element('p', empty, { className: 'empty' });
  const names = Object.keys(columns);
  const head = element(
    'tr',
    names.map((name) => element('th', name, { scope: 'col' })),
  );
  const lines = rows.map((row, index) =>
    element(
      'tr',
      names.map((name) => {
        const cell = element('td', element('div', columns[name](row) ?? ''));
        cell.dataset.name = name;
        return cell;
      }),
      { className: index < ROWS_AT_FIRST ? '' : 'more' },
    ),
  );
  const made = element('table', [element('thead', head), element('tbody', lines)]);
  return rows.length <= ROWS_AT_FIRST ? made : element('div', [made, rest(rows.length - ROWS_AT_FIRST)]);
}

/** The section remembers it, so that it stays open when the list changes. */
function rest(count) {
  const open = ({ currentTarget }) => currentTarget.closest('section').classList.add('all');
  return button(`Show ${count} more`, open, { className: 'small rest' });
}
