// Custody's list of signed actions is CSV: read whole, whatever a client signed, and never half believed.
import { describe, expect, it } from 'vitest';
import { toSignedAction, toSignedActions } from '../../src/dfns/audit-log.ts';

const HEADER = 'Date Performed,Audit Log ID,User ID,Username,Primary Credential ID,Action Path,Summary';
const listed = (text: string, over: object = {}) => toSignedActions({ status: 200, isTruncated: false, text, ...over });

describe('the list of signed actions', () => {
  it('is read with quoted fields, commas, quotes and line ends in them, and either kind of line end', () => {
    const lines = [
      '2031-03-03T09:00:00Z,uj-1,us-1,maker,cr-1,/wallets,POST /wallets',
      '"a","uj-2","b,c","d ""e""","f","/x\ny","g"',
    ];
    const first = { performedAt: '2031-03-03T09:00:00Z', id: 'uj-1', userId: 'us-1', summary: 'POST /wallets' };
    for (const end of ['\n', '\r\n']) {
      const read = listed([HEADER, ...lines, ''].join(end));
      expect(read).toMatchObject({
        kind: 'read',
        lines: [first, { id: 'uj-2', userId: 'b,c', username: 'd "e"', path: '/x\ny', summary: 'g' }],
      });
    }
    expect(listed(`${HEADER}\n`)).toEqual({ kind: 'read', lines: [], isTruncated: false });
  });

  it('that was cut off says so, and its last line is no action', () => {
    const text = `${HEADER}\na,uj-1,b,c,d,e,f\n# TRUNCATED: more than 1 rows\n`;
    expect(listed(text, { isTruncated: true })).toMatchObject({ isTruncated: true, lines: [{ id: 'uj-1' }] });
  });

  it('with other columns, or none, is not believed; one that may not be read is said to be so', () => {
    expect(() => listed('Date,Id\na,b\n')).toThrow('status 200');
    expect(() => listed('<html>')).toThrow('status 200');
    expect(() => listed('', { status: 502 })).toThrow('status 502');
    for (const status of [401, 403]) expect(listed('{}', { status })).toEqual({ kind: 'not_permitted' });
  });

  it('has entries without a signature, which stay without one', () => {
    const entry = {
      id: 'uj-1',
      action: 'POST /x',
      userId: 'us-1',
      username: 'm',
      datePerformed: 'd',
      actionToken: 't',
    };
    const firstFactorCredential = { id: 'cr-1', kind: 'Key', publicKey: 'PEM', assertion: null };
    expect(toSignedAction({ ...entry, firstFactorCredential })).toMatchObject({ assertion: null, publicKey: 'PEM' });
  });
});
