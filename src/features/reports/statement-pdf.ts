// A statement as PDF: figures, movements, rules, and the code that verifies them, with the number of each page on it.
import type * as z from 'zod';
import { showAmount } from '../../domain/amount.ts';
import { loadPrinter, type PdfDocument } from '../../printer/printer.ts';
import type { StatementView } from './schemas.ts';
import { rulesOf } from './statement-csv.ts';

type View = z.infer<typeof StatementView>;

const MARGIN = 36;
const FOOT = 30;
const [TITLE_POINTS, HEADING_POINTS, TEXT_POINTS, SMALL_POINTS] = [16, 11, 8, 7];
const [GAP, CELL_GAP] = [10, 6];
const [INK, GREY] = ['#1a1a1a', '#767676'];

interface Column {
  readonly title: string;
  /** Share of the width of the page. */
  readonly share: number;
}

export async function statementPdf(view: View): Promise<Uint8Array> {
  const { PDFDocument, font } = await loadPrinter();
  const document = new PDFDocument({
    size: 'A4',
    layout: 'landscape',
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 },
    font: null,
    bufferPages: true,
    info: { Title: 'Statement of account', CreationDate: new Date(view.madeAt) },
  });
  const chunks: Uint8Array[] = [];
  document.on('data', (bytes) => chunks.push(bytes));
  const ended = new Promise<void>((resolve) => document.on('end', resolve));
  document.registerFont('text', font).font('text').fillColor(INK);
  draw(document, view);
  number(document, view);
  document.end();
  await ended;
  return new Uint8Array(await new Blob(chunks.map((chunk) => new Uint8Array(chunk))).arrayBuffer());
}

function draw(document: PdfDocument, view: View): void {
  paragraph(document, 'Statement of account', TITLE_POINTS);
  paragraph(document, `Account ${view.accountId}`, TEXT_POINTS);
  paragraph(
    document,
    `From ${view.from} until ${view.to} (the first instant outside), made at ${view.madeAt}`,
    TEXT_POINTS,
  );
  heading(document, 'Holdings');
  table(document, holdings, view.assets.map(holdingOf));
  const { isReconciled, checkedAt } = view.reconciliation;
  const compared = isReconciled
    ? `Our books agree with what custody held at ${checkedAt}.`
    : `Our books differ from what custody held at ${checkedAt}, as shown.`;
  paragraph(document, `${compared} Amounts of assets that we do not move are in base units.`, SMALL_POINTS);
  heading(document, 'Movements');
  table(document, movements, view.lines.map(movementOf));
  if (view.lines.length === 0) paragraph(document, 'None in this period.', TEXT_POINTS);
  heading(document, 'Rules in force at the end of the period');
  for (const rule of rulesOf(view.rules)) paragraph(document, rule, TEXT_POINTS);
  heading(document, 'Verification');
  const { digest, code, at } = view.verification;
  paragraph(
    document,
    `The code below is signed. ${at}?code= shows the closing figures that it was signed for.`,
    TEXT_POINTS,
  );
  paragraph(document, `SHA-256 of the data: ${digest}`, SMALL_POINTS);
  paragraph(document, code, SMALL_POINTS);
}

const holdings: readonly Column[] = [
  { title: 'Asset', share: 0.25 },
  ...['Opening', 'Received', 'Sent', 'Fees', 'Closing', 'Difference'].map((title) => ({ title, share: 0.125 })),
];
const holdingOf = (row: View['assets'][number]): string[] => [
  row.asset,
  ...([row.opening, row.received, row.sent, row.fees, row.closing, row.difference] as const).map((units) =>
    showAmount(row.asset, BigInt(units)),
  ),
];

const movements: readonly Column[] = [
  { title: 'Time', share: 0.135 },
  { title: 'Amount and fee', share: 0.175 },
  { title: 'From', share: 0.215 },
  { title: 'To', share: 0.215 },
  { title: 'Transaction', share: 0.26 },
];
function movementOf({
  at,
  direction,
  amount,
  fee,
  from,
  to,
  destination,
  doubt,
  transactionHash,
}: View['lines'][number]) {
  const paid = fee === null ? [] : [`fee ${fee.formatted}`];
  const doubtful = doubt === null ? [] : [`doubtful: ${doubt.replaceAll('_', ' ')}`];
  return [
    at,
    [`${direction === 'in' ? '+' : '−'} ${amount.formatted}`, amount.asset, ...paid, ...doubtful].join('\n'),
    from,
    destination === null ? to : `${destination}\n${to}`,
    transactionHash,
  ];
}

const widthOf = ({ page }: PdfDocument): number => page.width - 2 * MARGIN;
const bottomOf = ({ page }: PdfDocument): number => page.height - MARGIN - FOOT;

/** What the font cannot show is named, so that nothing of a label is lost and nobody takes one for another. */
const shown = (document: PdfDocument, text: string): string =>
  Array.from(text, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return character === '\n' || document._font.font.hasGlyphForCodePoint(codePoint)
      ? character
      : `[U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}]`;
  }).join('');

function heading(document: PdfDocument, text: string): void {
  document.y += GAP;
  // Not alone at the foot of a page.
  makeRoom(document, 4 * HEADING_POINTS);
  paragraph(document, text, HEADING_POINTS);
}

function paragraph(document: PdfDocument, text: string, points: number): void {
  const options = { width: widthOf(document) };
  const printed = shown(document, text);
  document.fontSize(points);
  makeRoom(document, document.heightOfString(printed, options));
  document.text(printed, MARGIN, document.y, options);
  document.y += 2;
}

function makeRoom(document: PdfDocument, height: number): boolean {
  if (document.y + height <= bottomOf(document)) return false;
  document.addPage();
  document.y = MARGIN;
  return true;
}

function table(document: PdfDocument, columns: readonly Column[], rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  const titles = columns.map(({ title }) => title);
  row(document, columns, titles, GREY);
  for (const cells of rows) {
    // The columns are named again on each page.
    const isNewPage = makeRoom(document, heightOf(document, columns, cells));
    if (isNewPage) row(document, columns, titles, GREY);
    row(document, columns, cells, INK);
  }
}

const optionsOf = (document: PdfDocument, { share }: Column) => ({ width: share * widthOf(document) - CELL_GAP });

const heightOf = (document: PdfDocument, columns: readonly Column[], cells: readonly string[]): number =>
  Math.max(
    ...columns.map((column, index) =>
      document.fontSize(SMALL_POINTS).heightOfString(shown(document, cells[index] ?? ''), optionsOf(document, column)),
    ),
  ) + CELL_GAP;

function row(document: PdfDocument, columns: readonly Column[], cells: readonly string[], color: string): void {
  const height = heightOf(document, columns, cells);
  const top = document.y;
  let x = MARGIN;
  document.fillColor(color);
  for (const [index, column] of columns.entries()) {
    document.text(shown(document, cells[index] ?? ''), x, top, optionsOf(document, column));
    x += column.share * widthOf(document);
  }
  const under = top + height - CELL_GAP / 2;
  document.strokeColor('#d9d9d9').lineWidth(0.5).moveTo(MARGIN, under).lineTo(x, under).stroke().fillColor(INK);
  document.y = top + height;
}

/** On each page which statement it is, and which page of how many. */
function number(document: PdfDocument, { accountId, from, to, verification }: View): void {
  const { start, count } = document.bufferedPageRange();
  for (let page = start; page < start + count; page += 1) {
    document.switchToPage(page);
    const top = document.page.height - FOOT - SMALL_POINTS;
    document.fontSize(SMALL_POINTS).fillColor(GREY);
    const width = widthOf(document);
    document.text(`${accountId}  ${from} – ${to}  ${verification.digest.slice(0, 16)}`, MARGIN, top, {
      width,
      lineBreak: false,
    });
    document.text(`Page ${page - start + 1} of ${count}`, MARGIN, top, { width, align: 'right', lineBreak: false });
  }
}
