// Addresses behind the `#`: they need nothing from the server and work under any path.

export interface Place {
  path: string;
  query: Record<string, string>;
}

export function parseHash(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path: `/${path.replace(/\/+$/, '')}`, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** Matches `/orders/:order`; null when the path is another. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const found: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const value = given[at] ?? '';
    if (part.startsWith(':')) {
      if (value === '') return null;
      found[part.slice(1)] = decode(value);
    } else if (part !== value) return null;
  }
  return found;
}

export function link(...parts: string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
