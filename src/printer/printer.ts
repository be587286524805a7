// The PDF library and its font, loaded when the first document is made: a module of its own beside the Worker's, so that no
// other request pays for its size (ADR 15). It is named from this folder, which Wrangler takes for the root of such modules.

/** What is used of pdfkit. */
export interface PdfDocument {
  readonly page: { readonly width: number; readonly height: number; margins: { bottom: number } };
  y: number;
  on(event: 'data', heard: (bytes: Uint8Array) => void): void;
  on(event: 'end', heard: () => void): void;
  registerFont(name: string, bytes: Uint8Array): PdfDocument;
  font(name: string): PdfDocument;
  fontSize(points: number): PdfDocument;
  fillColor(color: string): PdfDocument;
  strokeColor(color: string): PdfDocument;
  lineWidth(points: number): PdfDocument;
  moveTo(x: number, y: number): PdfDocument;
  lineTo(x: number, y: number): PdfDocument;
  stroke(): PdfDocument;
  text(text: string, x: number, y: number, options: object): PdfDocument;
  heightOfString(text: string, options: object): number;
  addPage(): PdfDocument;
  bufferedPageRange(): { readonly start: number; readonly count: number };
  switchToPage(index: number): void;
  end(): void;
  /** The font in use; by fontkit, which knows its characters. */
  readonly _font: { readonly font: { hasGlyphForCodePoint(codePoint: number): boolean } };
}
export interface Printer {
  readonly PDFDocument: new (options: object) => PdfDocument;
  readonly font: Uint8Array;
}

/** Put together when it runs: a bundler that could read the name would put the module back into the Worker's. */
const LIBRARY = ['.', 'library.mjs'].join('/');

export const loadPrinter = async (): Promise<Printer> => asPrinter(await import(/* @vite-ignore */ LIBRARY));

// The module is made from printer/library.ts, which exports these two.
const asPrinter = (module: unknown) => module as Printer;
