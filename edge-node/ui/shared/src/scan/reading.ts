// What a scan says: the code as printed, and what its GS1 parts mean.

import { isGs1, stripAim } from './aim.ts';
import { GROUP_SEPARATOR, type Gs1, looksLikeGs1, parseGs1 } from './gs1.ts';

export interface Reading extends Gs1 {
  /** What to look up: the GTIN when there is one, else the text itself. */
  code: string;
  raw: string;
}

export function read(raw: string): Reading {
  const { symbology, text } = stripAim(raw);
  const gs1 = isGs1(symbology) || looksLikeGs1(text) ? parseGs1(text) : null;
  const code = gs1?.gtin ?? text.replaceAll(GROUP_SEPARATOR, '').trim();
  return { ...gs1, code, raw };
}
