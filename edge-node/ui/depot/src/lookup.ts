// From what was scanned or typed to the article it means.

import { get, query } from '@omniroute/ui/http.ts';
import { Refused } from '@omniroute/ui/problem.ts';
import { sameGtin } from '@omniroute/ui/scan/gs1.ts';
import type { Page } from '@omniroute/ui/view.svelte.ts';
import type { Article, ArticleDetail } from './api.ts';

/** Whether a scan or a typed code names this article. */
export function names(code: string, article: Pick<Article, 'code' | 'barcode'>): boolean {
  if (code === article.code || code === article.barcode) return true;
  return article.barcode !== null && sameGtin(code, article.barcode);
}

/** Null when no article has this code. A part of a name is not enough. */
export async function findArticle(code: string): Promise<Article | null> {
  // A GTIN-14 on a carton is the bar code of the article with zeros before it.
  const asked = /^0+\d{8,13}$/.test(code) ? [code, code.replace(/^0+/, '')] : [code];
  for (const text of asked) {
    const page = await get<Page<Article>>(query('articles', { search: text, limit: 20 }));
    const found = page.items.find((article) => names(code, article));
    if (found) return found;
  }
  return articleByCode(code);
}

export async function articleByCode(code: string): Promise<ArticleDetail | null> {
  try {
    return await get<ArticleDetail>(`articles/${encodeURIComponent(code)}`);
  } catch (error) {
    if (error instanceof Refused && [400, 404, 422].includes(error.problem.status)) return null;
    throw error;
  }
}

/** Puts a scanned code into the focused field when that field is for a bin. */
export function fillFocusedBin(code: string): boolean {
  const field = document.activeElement;
  if (!(field instanceof HTMLInputElement) || !/(^|\.|_)bin$/.test(field.name)) return false;
  field.value = code;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}
