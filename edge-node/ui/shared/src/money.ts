// Money on screen and from the keyboard. Amounts are whole minor units throughout: the decimal
// point exists only in text, and no fraction is ever held in a float.

export interface Currency {
  code: string;
  digits: number;
}

export function formatMoney(minor: number, currency: Currency, locale: string, style: 'currency' | 'decimal' = 'currency'): string {
  return formatter(locale, currency, style).format(decimal(minor, currency.digits) as unknown as number);
}

/** "1234.50" for 123450 at two digits. */
export function decimal(minor: number, digits: number): string {
  const sign = minor < 0 ? '-' : '';
  const text = Math.abs(minor).toString().padStart(digits + 1, '0');
  if (digits === 0) return sign + text;
  return `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/**
 * Reads what a person typed, in either habit: "1,234.50", "1 234,50", "1234.5". Null when it is not
 * an amount, or has more decimals than the currency.
 */
export function parseMoney(text: string, digits: number): number | null {
  const plain = text.replace(/[\s\u00a0\u202f']/g, '');
  if (!/^\d[\d.,]*$/.test(plain)) return null;
  const at = decimalMark(plain, digits);
  const whole = (at < 0 ? plain : plain.slice(0, at)).replace(/[.,]/g, '');
  const part = at < 0 ? '' : plain.slice(at + 1);
  if (part.length > digits) return null;
  const minor = Number(whole + part.padEnd(digits, '0'));
  return Number.isSafeInteger(minor) ? minor : null;
}

// The last mark is the decimal one, unless exactly three digits follow the only kind of mark there
// is: "1,234" is a thousand everywhere we trade, and no currency here has three decimals.
function decimalMark(text: string, digits: number): number {
  const at = Math.max(text.lastIndexOf('.'), text.lastIndexOf(','));
  if (at < 0) return -1;
  const after = text.length - at - 1;
  const mark = text.charAt(at);
  const once = text.indexOf(mark) === at;
  const other = text.includes(mark === '.' ? ',' : '.');
  if (!once) return -1;
  if (after === 3 && (!other || digits === 0)) return -1;
  return at;
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(locale: string, currency: Currency, style: 'currency' | 'decimal'): Intl.NumberFormat {
  const key = `${locale} ${currency.code} ${currency.digits} ${style}`;
  let found = formatters.get(key);
  if (!found) {
    found = new Intl.NumberFormat(locale, {
      style,
      currency: currency.code,
      currencyDisplay: 'code',
      minimumFractionDigits: currency.digits,
      maximumFractionDigits: currency.digits,
    });
    formatters.set(key, found);
  }
  return found;
}
