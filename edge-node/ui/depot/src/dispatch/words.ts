// Names of the rules that a plan can break. A rule without words is named by its code.

import { t, translated } from '@omniroute/ui/words.svelte.ts';

export function breakWords(code: string): string {
  return translated(`break-${code.replaceAll('_', '-')}`) ?? code;
}

export function kindWords(kind: string): string {
  return t(`vehicle-${kind}`);
}
