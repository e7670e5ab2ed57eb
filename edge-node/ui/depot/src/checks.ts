// From the text in a field to the value in a command, or to which field is wrong and why.

import type { Currency } from '@omniroute/ui/money.ts';
import { parseMoney } from '@omniroute/ui/money.ts';
import { FieldError } from '@omniroute/ui/problem.ts';
import { parseQuantity } from '@omniroute/ui/quantity.ts';
import type { Place, Window } from './dispatch/api.ts';
import { parsePlace } from './dispatch/plan.ts';

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

/** Degrees as a map shows them. */
export function placeFrom(field: string, text: string): Place {
  const place = parsePlace(text);
  if (place === null) throw new FieldError(field, 'wrong-place');
  return place;
}

/** "08:00" to "18:30" of the day of `today_ms`, on this device's clock; the next day when it ends before it begins. */
export function shiftFrom(today_ms: number, from: string, until: string): Window {
  const at = (field: string, text: string): number => {
    const found = /^([01]?\d|2[0-3])[:.h]([0-5]\d)$/.exec(text.trim());
    if (!found) throw new FieldError(field, 'wrong-hour');
    return new Date(today_ms).setHours(Number(found[1]), Number(found[2]), 0, 0);
  };
  const from_ms = at('shift.from_ms', from);
  const end_ms = at('shift.until_ms', until);
  return { from_ms, until_ms: end_ms > from_ms ? end_ms : end_ms + 24 * 3_600_000 };
}
