/** Reads lists of people: a header, then `name,address` and, where money is to be paid, `amount` in whole coins. */
import { readFileSync } from 'node:fs';
import { type Address, getAddress, isAddress, parseUnits } from 'viem';

export const TOKEN_DECIMALS = 6;
export type Person = { name: string; address: Address };
export type Payment = Person & { units: bigint };

const AMOUNT = /^\d{1,12}(\.\d{1,6})?$/;

/** Nothing is taken from a file of which one line cannot be read. */
function read<T extends Person>(path: string, columns: string, toItem: (cells: string[]) => T): T[] {
  const [header, ...lines] = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  if (header !== columns) throw new Error(`${path}: the first line must be ${columns}`);
  const names = new Set<string>();
  return lines.map((line, index) => {
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length !== columns.split(',').length) throw new Error(`${path}:${index + 2}: expected ${columns}`);
    const item = toItem(cells);
    if (item.name === '' || names.has(item.name)) throw new Error(`${path}:${index + 2}: name missing or repeated`);
    names.add(item.name);
    return item;
  });
}

function toPerson([name = '', address = '']: string[]): Person {
  if (!isAddress(address)) throw new Error(`${name}: "${address}" is not an address, or its checksum is wrong`);
  return { name, address: getAddress(address) };
}

function toPayment(cells: string[]): Payment {
  const [name, , amount = ''] = cells;
  const units = AMOUNT.test(amount) ? parseUnits(amount, TOKEN_DECIMALS) : 0n;
  if (units === 0n) throw new Error(`${name}: "${amount}" is not an amount`);
  return { ...toPerson(cells), units };
}

export const readPeople = (path: string): Person[] => read(path, 'name,address', toPerson);
export const readPayments = (path: string): Payment[] => read(path, 'name,address,amount', toPayment);
