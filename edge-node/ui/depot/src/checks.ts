// From the text in a field to the value in a command, or to which field is wrong and why.

import type { Currency } from '@omniroute/ui/money.ts';
import { parseMoney } from '@omniroute/ui/money.ts';
import { FieldError } from '@omniroute/ui/problem.ts';
import { parseQuantity } from '@omniroute/ui/quantity.ts';

export function quantityOf(field: string, text: string): number {
  const units = parseQuantity(text, 1);
  if (units === null) throw new FieldError(field, 'wrong-quantity');
  return units;
}

/** A count: may be nothing. */
export function countedOf(field: string, text: string): number {
  const units = parseQuantity(text, 0);
  if (units === null) throw new FieldError(field, 'wrong-count');
  return units;
}

export function moneyOf(field: string, text: string, currency: Currency): number {
  const minor = parseMoney(text, currency.digits);
  if (minor === null) throw new FieldError(field, 'wrong-money');
  return minor;
}

export function textOf(field: string, text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new FieldError(field, 'wrong-empty');
  return trimmed;
}

/** An optional field: left out of the command when it is empty. */
export function optional<K extends string>(key: K, text: string): Partial<Record<K, string>> {
  const trimmed = text.trim();
  return trimmed === '' ? {} : ({ [key]: trimmed } as Record<K, string>);
}
