// The page that verifies attestations and evidence bundles: it takes two texts, asks the shared verifier, and shows the answer in words. It has no
// connection to anywhere (its content security policy forbids one), and texts only ever become text nodes.

import { cannotProve } from '../../domain/evidence.ts';
import { explain, proves, provesNot } from '../../kit/explain-attestation.ts';
import { evidenceProves, explainEvidence } from '../../kit/explain-evidence.ts';
import { verifyFile } from '../../kit/verify-attestation.ts';
import { isEvidence, verifyEvidence } from '../../kit/verify-evidence.ts';

const at = (id) => document.getElementById(id);

function make(tag, children = [], className = '') {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/** A chosen file takes the place of what stands in the field, so that what is verified is what is seen. */
function fill(name) {
  at(`${name}-file`).addEventListener('change', async ({ target }) => {
    const [file] = target.files;
    if (file !== undefined) at(name).value = await file.text();
  });
}
fill('attestation');
fill('keys');

const list = (lines) =>
  make(
    'ul',
    lines.map((line) => make('li', [line])),
  );
const verdict = (className, title, text) =>
  make('div', [make('strong', [title]), make('span', [text])], `verdict ${className}`);

/** Terms with their lines. */
function viewFacts(rows) {
  const facts = rows.flatMap(({ about, lines }) => [
    make('dt', [about]),
    make(
      'dd',
      lines.map((line) => make('p', [line])),
    ),
  ]);
  return make('dl', facts);
}

function viewOne({ claims, hash, keyId }, now) {
  const { heading, age, says } = explain(claims, now);
  const rows = [
    ...says,
    { about: 'Key it is signed with', lines: [keyId] },
    { about: 'Hash of this attestation', lines: [hash] },
  ];
  return make('article', [make('p', [heading]), make('p', [age], 'note'), viewFacts(rows)]);
}

/** Genuine is not the same as good: the colour is that of what it says. */
function viewVerdict({ claims }, count, now) {
  const { isCurrent } = explain(claims, now);
  const signed =
    count === 1
      ? 'It is signed with a key of the key file, unaltered.'
      : `All ${count} are signed with a key of the key file, unaltered, and follow one another without a gap.`;
  if (!isCurrent)
    return verdict(
      'doubtful',
      'Genuine, but of the past.',
      `${signed} Ask the manager for a newer one to know about today.`,
    );
  const last = count === 1 ? '' : ' (the last one)';
  if (claims.verdict === 'intact')
    return verdict('good', `Genuine, valid now${last}, and the fence is intact.`, signed);
  const className = claims.verdict === 'broken' ? 'bad' : 'doubtful';
  return verdict(className, `Genuine, valid now${last}, and the fence is ${claims.verdict}.`, signed);
}

function viewAll(answer, now) {
  if (!answer.ok) return [verdict('bad', 'Refused: do not rely on this.', answer.problem)];
  const { attestations } = answer;
  const last = attestations.at(-1);
  return [
    viewVerdict(last, attestations.length, now),
    make('h2', [attestations.length === 1 ? 'What it says' : 'What they say, newest first']),
    make('p', [last.claims.statement], 'note'),
    ...attestations.toReversed().map((attestation) => viewOne(attestation, now)),
    make('h2', ['What this proves']),
    list(proves),
    make('h2', ['What it does not prove']),
    list(provesNot),
  ];
}

/** Bound entries and unbound ones are not the same: the colour says so. */
function viewEvidence(answer) {
  if (!answer.ok) return [verdict('bad', 'Refused: do not rely on this.', answer.problem)];
  const { heading, says } = explainEvidence(answer.summary);
  const title = 'Genuine: everything in the bundle is as it was signed with a key of the key file.';
  return [
    verdict(answer.summary.unbound === 0 ? 'good' : 'doubtful', title, heading),
    make('h2', ['What is in it']),
    make('article', [viewFacts(says)]),
    make('h2', ['What this proves']),
    list(evidenceProves),
    make('h2', ['What it cannot prove']),
    list(cannotProve),
  ];
}

const UNABLE =
  'This browser cannot check these signatures, or the page was not opened over https. Use a current browser, or npm run verify-attestation and npm run verify-evidence.';

/** Without WebCrypto, or without this curve in it, nothing is known. */
const unable = () => ({ ok: false, problem: UNABLE });

async function view() {
  const [text, keys] = [at('attestation').value, at('keys').value];
  return isEvidence(text)
    ? viewEvidence(await verifyEvidence(text, keys).catch(unable))
    : viewAll(await verifyFile(text, keys).catch(unable), new Date().toISOString());
}

// What is shown below belongs to the texts above it.
at('form').addEventListener('input', () => {
  at('result').hidden = true;
});

at('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const result = at('result');
  result.replaceChildren(...(await view()));
  result.hidden = false;
  result.focus();
});
