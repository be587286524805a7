// CSV that people open in a spreadsheet: every field is text there, whatever somebody wrote into it.
import { describe, expect, it } from 'vitest';
import { csvLine } from '../../src/kit/csv.ts';

describe('a line of CSV', () => {
  it('quotes every field, doubles quotes and ends in CR LF', () => {
    expect(csvLine(['plain', 'a,b', 'say "hi"', 'two\nlines', '', null, '15'])).toBe(
      '"plain","a,b","say ""hi""","two\nlines","","","15"\r\n',
    );
  });

  it('takes every beginning of a formula for text', () => {
    const beginnings = [
      '=',
      '+',
      '-',
      '@',
      '\t',
      '\r',
      '\n',
      '＝',
      '＋',
      '－',
      '＠',
      ' =',
      '\u00a0=',
      '\ufeff+',
      ' \t@',
    ];
    for (const beginning of beginnings) expect(csvLine([`${beginning}1+1`])).toBe(`"'${beginning}1+1"\r\n`);
    expect(csvLine(['=HYPERLINK("http://x.test";"a")'])).toBe('"\'=HYPERLINK(""http://x.test"";""a"")"\r\n');
  });

  it('leaves what only contains such a character as it is', () => {
    expect(csvLine(['1=1', "'quoted", 'a-b', '1.5 USDC'])).toBe('"1=1","\'quoted","a-b","1.5 USDC"\r\n');
  });
});
