// Requests to the server this page came from. Three outcomes and no fourth: an answer, a refusal,
// or silence.

import { readProblem, Refused, Unanswered } from './problem.ts';

const TIMEOUT_MS = 12_000;
const BASE = '/api/v1/';

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', path, undefined, signal);
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  return request<T>('POST', path, JSON.stringify(body));
}

/** Sends text kept from an earlier try: the server compares the bytes of a repeated command. */
export async function postText<T>(path: string, body: string): Promise<T> {
  return request<T>('POST', path, body);
}

export async function remove(path: string): Promise<void> {
  await request<null>('DELETE', path);
}

async function request<T>(method: string, path: string, body?: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  let text: string;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      headers: body === undefined ? { accept: 'application/json' } : { accept: 'application/json', 'content-type': 'application/json' },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      ...(body === undefined ? {} : { body }),
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unanswered(String(error));
  }
  const answer = parse(text);
  if (!response.ok) throw new Refused(readProblem(response.status, answer, response.headers.get('retry-after')));
  return answer as T;
}

function parse(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** `query('orders', {search: 'a b', after: null})` is `orders?search=a%20b`. */
export function query(path: string, values: Record<string, string | number | null | undefined>): string {
  const pairs = Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  return pairs.length ? `${path}?${pairs.join('&')}` : path;
}
