// One listener for the whole page. It hears the scanner wherever the focus is, and what was scanned
// never ends up in the focused field or presses the focused button.

import { Burst } from './burst.ts';
import { GROUP_SEPARATOR } from './gs1.ts';
import { type Reading, read } from './reading.ts';

type Editable = HTMLInputElement | HTMLTextAreaElement;
type Handler = (reading: Reading) => void;

const handlers: Handler[] = [];

/** The newest handler gets the scan. Returns what takes it away again. */
export function onScan(handler: Handler): () => void {
  handlers.push(handler);
  return withdraw(handler);
}

/** Gets the scans that no page waits for, whichever of them is set up first. */
export function onStrayScan(handler: Handler): () => void {
  handlers.unshift(handler);
  return withdraw(handler);
}

function withdraw(handler: Handler): () => void {
  return () => {
    const at = handlers.lastIndexOf(handler);
    if (at >= 0) handlers.splice(at, 1);
  };
}

export function listen(target: Window = window): () => void {
  const burst = new Burst();
  let before: { field: Editable; value: string; start: number | null } | null = null;
  let timer = 0;

  const giveBack = () => {
    if (!burst.stale(performance.now())) return;
    const swallowed = burst.release();
    const field = editable(document.activeElement);
    if (field && swallowed) insert(field, swallowed);
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.isComposing || secret(event.target)) return;
    const key = character(event);
    if (key === null) return;
    clearTimeout(timer);
    giveBack();
    const field = editable(event.target);
    const value = field?.value ?? '';
    const start = field ? selection(field) : null;
    const step = burst.feed(key, performance.now());
    if (step.do === 'pass') {
      before = field && key.length === 1 ? { field, value, start } : null;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (step.do === 'swallow') {
      timer = target.setTimeout(giveBack, 60);
      return;
    }
    if (before) restore(before);
    before = null;
    if (step.text !== null) handlers.at(-1)?.(read(step.text));
  };

  target.addEventListener('keydown', onKey, { capture: true });
  return () => target.removeEventListener('keydown', onKey, { capture: true });
}

// A PIN is typed fast by some, and ends with Enter too: its field opts out.
function secret(target: EventTarget | null): boolean {
  return target instanceof Element && target.hasAttribute('data-no-scan');
}

// FNC1 comes as Ctrl+] from scanners that emulate a keyboard.
function character(event: KeyboardEvent): string | null {
  if (event.key === 'Enter' || event.key === 'Tab') return event.key;
  if (event.ctrlKey && (event.key === ']' || event.code === 'BracketRight')) return GROUP_SEPARATOR;
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return event.key.length === 1 ? event.key : null;
}

const TYPED = ['text', 'search', 'tel', 'url', 'password', 'number', 'email'];

function editable(target: EventTarget | null): Editable | null {
  if (target instanceof HTMLTextAreaElement) return target;
  return target instanceof HTMLInputElement && TYPED.includes(target.type) ? target : null;
}

// Number and e-mail fields have no caret to read.
function selection(field: Editable): number | null {
  try {
    return field.selectionStart;
  } catch {
    return null;
  }
}

function restore(before: { field: Editable; value: string; start: number | null }): void {
  before.field.value = before.value;
  if (before.start !== null) before.field.setSelectionRange(before.start, before.start);
  before.field.dispatchEvent(new Event('input', { bubbles: true }));
}

function insert(field: Editable, text: string): void {
  const start = selection(field);
  if (start === null) field.value += text;
  else field.setRangeText(text, start, field.selectionEnd ?? start, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
