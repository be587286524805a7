// What scripts/write-printer.ts bundles into library.mjs: the PDF library and the font, in a module of their own.
import font from 'dejavu-fonts-ttf/ttf/DejaVuSansCondensed.ttf';
import PDFDocument from 'pdfkit';

export { font, PDFDocument };
