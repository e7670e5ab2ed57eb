// GS1 application identifiers, as far as a depot uses them.

export const GROUP_SEPARATOR = '\x1d';

export interface Gs1 {
  gtin?: string;
  lot?: string;
  serial?: string;
  /** YYYY-MM-DD. */
  expiry?: string;
  count?: number;
}

interface Rule {
  ai: RegExp;
  length: number;
  /** Ends at the separator, and may be shorter. */
  variable: boolean;
}

const RULES: readonly Rule[] = [
  { ai: /^00/, length: 18, variable: false },
  { ai: /^0[12]/, length: 14, variable: false },
  { ai: /^1[1-7]/, length: 6, variable: false },
  { ai: /^20/, length: 2, variable: false },
  { ai: /^(10|21|22)/, length: 20, variable: true },
  { ai: /^3[07]/, length: 8, variable: true },
  { ai: /^3[1-6]\d\d/, length: 6, variable: false },
  { ai: /^(24[0-3]|25[0-4]|40[0-3])/, length: 30, variable: true },
  { ai: /^41\d/, length: 13, variable: false },
  { ai: /^42\d/, length: 12, variable: true },
  { ai: /^9\d/, length: 90, variable: true },
];

/** Null when the text is not a sequence of known identifiers. */
export function parseGs1(text: string): Gs1 | null {
  const elements = text.startsWith('(') ? bracketed(text) : plain(text);
  if (!elements || elements.length === 0) return null;
  const found: Gs1 = {};
  for (const [ai, value] of elements) note(found, ai, value);
  return found;
}

/** Whether a text without prefix is plainly GS1: brackets, a separator, or (01) with a good check digit. */
export function looksLikeGs1(text: string): boolean {
  if (/^\(\d{2,4}\)/.test(text) || text.includes(GROUP_SEPARATOR)) return true;
  return /^01\d{14}/.test(text) && text.length > 16 && hasCheckDigit(text.slice(2, 16));
}

/** GTINs of different lengths name the same article: leading zeros carry nothing. */
export function sameGtin(a: string, b: string): boolean {
  const digits = /^\d{8,14}$/;
  return digits.test(a) && digits.test(b) && a.padStart(14, '0') === b.padStart(14, '0');
}

export function hasCheckDigit(gtin: string): boolean {
  const digits = Array.from(gtin.padStart(14, '0'), Number);
  const sum = digits.slice(0, 13).reduce((total, digit, at) => total + digit * (at % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === digits[13];
}

function plain(text: string): [string, string][] | null {
  const elements: [string, string][] = [];
  let rest = text.startsWith(GROUP_SEPARATOR) ? text.slice(1) : text;
  while (rest.length > 0) {
    const rule = RULES.find((candidate) => candidate.ai.test(rest));
    const ai = rule?.ai.exec(rest)?.[0];
    if (!rule || !ai) return null;
    const after = rest.slice(ai.length);
    const end = after.indexOf(GROUP_SEPARATOR);
    const field = end < 0 ? after : after.slice(0, end);
    const value = rule.variable ? field : after.slice(0, rule.length);
    if (value.length === 0 || value.length > rule.length) return null;
    if (!rule.variable && !(value.length === rule.length && /^\d+$/.test(value))) return null;
    elements.push([ai, value]);
    rest = after.slice(value.length);
    if (rest.startsWith(GROUP_SEPARATOR)) rest = rest.slice(1);
  }
  return elements;
}

function bracketed(text: string): [string, string][] | null {
  const elements = [...text.matchAll(/\((\d{2,4})\)([^(]+)/g)];
  const whole = elements.map((element) => element[0]).join('');
  if (whole !== text) return null;
  return elements.map((element) => [element[1] ?? '', (element[2] ?? '').replace(GROUP_SEPARATOR, '')]);
}

function note(found: Gs1, ai: string, value: string): void {
  switch (ai) {
    case '01':
    case '02':
      found.gtin = value;
      break;
    case '10':
      found.lot = value;
      break;
    case '21':
      found.serial = value;
      break;
    case '17': {
      const day = expiryDay(value);
      if (day) found.expiry = day;
      break;
    }
    case '30':
    case '37':
      if (/^\d+$/.test(value)) found.count = Number(value);
      break;
    default:
      break;
  }
}

// Day 00 means the last day of the month. Years 00-50 are 2000-2050, 51-99 the century before.
function expiryDay(yymmdd: string): string | null {
  const year = Number(yymmdd.slice(0, 2)) + (Number(yymmdd.slice(0, 2)) > 50 ? 1900 : 2000);
  const month = Number(yymmdd.slice(2, 4));
  const day = Number(yymmdd.slice(4, 6));
  if (month < 1 || month > 12 || day > 31) return null;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day > last) return null;
  const pad = (part: number) => part.toString().padStart(2, '0');
  return `${year}-${pad(month)}-${pad(day === 0 ? last : day)}`;
}
