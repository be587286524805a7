// The part of the bundled library that printer.ts calls.
declare module '*.ttf' {
  const bytes: Uint8Array;
  export default bytes;
}
declare module 'pdfkit';
