// What a form tells its fields: which of them was refused, and why.

import { getContext, setContext } from 'svelte';
import type { Problem } from '../problem.ts';

const KEY = Symbol('form');

export interface FormState {
  readonly problem: Problem | null;
}

export function provideForm(form: FormState): void {
  setContext(KEY, form);
}

export function formState(): FormState | undefined {
  return getContext<FormState | undefined>(KEY);
}

/** The label of the field that a refusal names, read from the page: the words the person sees. */
export function labelOf(form: HTMLElement | null, name: string): { text: string; control: HTMLElement | null } {
  // A refusal may name a whole line: its first field then stands for it.
  const control =
    name && form
      ? form.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"], [name^="${CSS.escape(name)}."]`)
      : null;
  if (!control) return { text: '', control: null };
  const legend = control.closest('fieldset[data-field]')?.querySelector('legend')?.textContent;
  const line = control.closest('fieldset[aria-label]')?.getAttribute('aria-label');
  const own = control.getAttribute('aria-label') ?? (control.id && form?.querySelector(`label[for="${CSS.escape(control.id)}"]`)?.textContent);
  const label = (legend ?? own ?? '').trim();
  const whole = control.getAttribute('name') !== name;
  return { text: line ? (whole ? line : `${line} – ${label}`) : label, control };
}
