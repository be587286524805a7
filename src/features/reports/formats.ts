// The forms of a statement: which one is wanted, and how it is made and named.
import { z } from '@hono/zod-openapi';
import type { TypedResponse } from 'hono';
import { StatementView } from './schemas.ts';
import { statementCsv } from './statement-csv.ts';
import { statementPdf } from './statement-pdf.ts';

export const formats = ['json', 'csv', 'pdf'] as const;
export type Format = (typeof formats)[number];

const types: Readonly<Record<Format, string>> = {
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  pdf: 'application/pdf',
};

export const statementContent = {
  'application/json': { schema: StatementView },
  'text/csv': { schema: z.string() },
  'application/pdf': { schema: z.string().openapi({ format: 'binary' }) },
};

/** By the quality that a header gives each of them; JSON wins a draw. */
export function preferredBy(accept: string | undefined): Format {
  const qualities = new Map(
    (accept ?? '').split(',').map((range) => {
      const [type = '', ...parameters] = range
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/);
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return [type, quality === undefined ? 1 : Number(quality)] as const;
    }),
  );
  const qualityOf = (format: Format) => qualities.get(types[format].split(';')[0] ?? '') ?? 0;
  return formats.reduce<Format>((best, format) => (qualityOf(format) > qualityOf(best) ? format : best), 'json');
}

export const headersOf = (format: Format, name: string) => ({
  'content-type': types[format],
  'content-disposition': `attachment; filename="${name}.${format}"`,
  'cache-control': 'no-store',
});

export async function render(view: z.infer<typeof StatementView>, format: Format): Promise<string | ArrayBuffer> {
  if (format === 'json') return JSON.stringify(view);
  if (format === 'csv') return statementCsv(view);
  return new Uint8Array(await statementPdf(view)).buffer;
}

/** A route's type lists its JSON answers; a file is of another media type and fits beside them. */
export const rendered = (response: Response) => response as Response & TypedResponse<never, never, never>;
