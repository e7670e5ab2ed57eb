// The words on screen, from Fluent files. A missing message shows its id rather than nothing, and
// the tests keep both languages complete.

import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import { age as ageOf } from './age.ts';
import { type Currency, formatMoney } from './money.ts';

export const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What each language is called by those who read it. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: 'English', fr: 'Français' };

const REMEMBER = 'omniroute.language';

const sources: Record<Language, string[]> = { en: [], fr: [] };
const current = $state<{ language: Language; bundle: FluentBundle }>({ language: 'en', bundle: build('en') });

/** Each package adds its own files once, before anything is shown. */
export function addWords(texts: Record<Language, string[]>): void {
  for (const language of LANGUAGES) sources[language].push(...texts[language]);
}

export function startWords(): void {
  const remembered = localStorage.getItem(REMEMBER);
  const asked = navigator.language.startsWith('fr') ? 'fr' : 'en';
  show(LANGUAGES.find((language) => language === remembered) ?? asked);
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(REMEMBER, language);
  show(language);
}

export function language(): Language {
  return current.language;
}

export function t(id: string, values?: Record<string, FluentVariable>): string {
  return translated(id, values) ?? id;
}

/** Null when there are no words for it, so that the caller can show the server's. */
export function translated(id: string, values?: Record<string, FluentVariable>): string | null {
  const message = current.bundle.getMessage(id);
  return message?.value ? current.bundle.formatPattern(message.value, values ?? null, []) : null;
}

export function money(minor: number | null | undefined, currency: Currency): string {
  return minor === null || minor === undefined ? '–' : formatMoney(minor, currency, locale());
}

/** An amount whose currency stands nearby, as in the heading of its column. */
export function amount(minor: number, currency: Currency): string {
  return formatMoney(minor, currency, locale(), 'decimal');
}

export function number(value: number): string {
  return value.toLocaleString(locale());
}

/** "14:02", with the day when it is another one than today. */
export function clock(at_ms: number, now_ms: number = Date.now()): string {
  const at = new Date(at_ms);
  const time = at.toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit', hour12: false });
  if (at.toDateString() === new Date(now_ms).toDateString()) return time;
  return `${at.toLocaleDateString(locale(), { day: 'numeric', month: 'short', year: 'numeric' })}, ${time}`;
}

/** "21 Nov": a day counted from 1970-01-01 UTC, the same day for every reader. */
export function calendarDay(day: number): string {
  return new Date(day * 86_400_000).toLocaleDateString(locale(), { day: 'numeric', month: 'short', timeZone: 'UTC' });
}

/** "3 min", "2 days": how long ago. */
export function age(since_ms: number, now_ms: number): string {
  const passed = ageOf(since_ms, now_ms);
  return t(`age-${passed.unit}`, { count: passed.count });
}

// British habits for English: day before month, as in all the countries served.
function locale(): string {
  return current.language === 'fr' ? 'fr-FR' : 'en-GB';
}

function show(language: Language): void {
  current.bundle = build(language);
  current.language = language;
  document.documentElement.lang = language;
}

function build(language: Language): FluentBundle {
  // Isolation marks help right-to-left text, which we have none of, and break copied numbers.
  const bundle = new FluentBundle(language, { useIsolating: false });
  for (const source of sources[language]) bundle.addResource(new FluentResource(source));
  return bundle;
}
