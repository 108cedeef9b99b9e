/** The simulated Paradigm's products: made from their number alone, so that 39,184 of them need no memory. */
import { type ExactNumber, exactNumber } from './exact-json';

/** As many as the shop that the first document is from has. */
export const PRODUCT_COUNT = 39_184;

const COLOURS = 'AA,AB,AC,AE,AG,AK,AL,AN,AP,AR,AS,AT,AU,AV,AY,AW,BA,BE,BK,BL'.split(',');
const FIRST_CHANGE = Date.UTC(2025, 7, 1);

export interface Product {
  productId: string;
  description: string;
  barcode: string;
  /** Decimal numbers with exactly the digits that are sent. */
  price: ExactNumber;
  quantity: ExactNumber;
  /** ISO 8601. */
  modifiedAt: string;
}

/** The product with this number (from 0); number 15 is `1015AW`. */
export function product(number: number): Product {
  const fils = 50 + ((number * 37) % 9_973);
  return {
    productId: productId(number),
    description: `Article ${1000 + number}, ${COLOURS[number % COLOURS.length]}`,
    barcode: barcode(number),
    // Every fiftieth is priced in a currency of three decimals.
    price: exactNumber(number % 50 === 49 ? `${Math.floor(fils / 100)}.${pad(fils % 100, 2)}5` : decimal(fils)),
    quantity: exactNumber(number % 20 === 19 ? `${number % 90}.25` : String((number * 7) % 120)),
    modifiedAt: new Date(FIRST_CHANGE + number * 1000).toISOString(),
  };
}

export function productId(number: number): string {
  return `${1000 + number}${COLOURS[number % COLOURS.length]}`;
}

/** The number of a product id, or null when there is no such product. */
export function numberOf(id: string, count: number): number | null {
  const number = Number.parseInt(id, 10) - 1000;
  return number >= 0 && number < count && productId(number) === id ? number : null;
}

/** A well-formed EAN-13 from the range for internal use. */
export function barcode(number: number): string {
  const digits = `20${pad(number, 10)}`;
  let sum = 0;
  for (const [index, digit] of [...digits].entries()) sum += Number(digit) * (index % 2 === 0 ? 1 : 3);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function decimal(hundredths: number): string {
  return `${Math.floor(hundredths / 100)}.${pad(hundredths % 100, 2)}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}
