// The life of one command on this device, as plain steps over plain values.
//
//   open ──send──▶ sent ──answered──▶ (forgotten; the next opening mints a new id)
//                   │ └──silence────▶ sent: the same id and the same bytes may be sent again
//                   └──refused──────▶ open, with a new id: nothing was done under the old one
//
// It is kept until answered, so that a double click, a timeout or a reload cannot do a thing twice.

export interface Draft {
  id: string;
  /** Id of what the command creates; stays the same through refusals. */
  subject: string;
  /** Set once sent, and never changed after: the exact bytes. */
  body: string | null;
  name: string;
}

export interface Keep {
  read(key: string): Draft | null;
  write(key: string, draft: Draft): void;
  forget(key: string): void;
}

export type Outcome = 'answered' | 'refused' | 'silence';

export function open(keep: Keep, key: string, name: string, mint: () => string): Draft {
  const kept = keep.read(key);
  if (kept && kept.name === name) return kept;
  const draft: Draft = { id: mint(), subject: mint(), body: null, name };
  keep.write(key, draft);
  return draft;
}

/** Freezes the body at the first sending. Sending again ignores what the form says by now. */
export function send(keep: Keep, key: string, draft: Draft, fields: object): Draft {
  if (draft.body !== null) return draft;
  const sent = { ...draft, body: JSON.stringify({ id: draft.id, ...fields }) };
  keep.write(key, sent);
  return sent;
}

export function settle(keep: Keep, key: string, draft: Draft, outcome: Outcome, mint: () => string): Draft {
  switch (outcome) {
    case 'silence':
      return draft;
    case 'answered':
      keep.forget(key);
      return draft;
    case 'refused': {
      const next = { ...draft, id: mint(), body: null };
      keep.write(key, next);
      return next;
    }
  }
}

/**
 * Which refusals leave open whether, or when, the command will be carried out: it is then sent again
 * unchanged. A rule's refusal is final, and the person changes the form.
 */
export function outcomeOf(status: number): Outcome {
  if (status === 401 || status === 408 || status === 429 || status >= 500) return 'silence';
  return 'refused';
}

/** The tab's own storage: gone with the tab, readable by nobody else, and synchronous, so that the id is kept before the request leaves. */
export function tabKeep(owner: string, storage: Storage = sessionStorage): Keep {
  const at = (key: string) => `omniroute.command.${owner}.${key}`;
  return {
    read(key) {
      const text = storage.getItem(at(key));
      if (!text) return null;
      try {
        return JSON.parse(text) as Draft;
      } catch {
        return null;
      }
    },
    write: (key, draft) => storage.setItem(at(key), JSON.stringify(draft)),
    forget: (key) => storage.removeItem(at(key)),
  };
}
