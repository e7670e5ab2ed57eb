// Tells a scanner from a person at the same keyboard: a keyboard-wedge scanner types faster than
// anybody can and ends with Enter or Tab. Knows no DOM and no clock; the listener hands both in.

export interface Timing {
  /** Longest pause between two characters of one scan. */
  gap_ms: number;
  /** Shorter bursts are somebody's fingers rolling over two keys. */
  length_min: number;
  /** The same scan within this time is the trigger bouncing. */
  repeat_ms: number;
}

export const TIMING: Timing = { gap_ms: 45, length_min: 3, repeat_ms: 300 };

export type Step =
  /** The first character may be a person's: let it through. */
  | { do: 'pass' }
  /** Part of a burst: keep it away from the focused field. */
  | { do: 'swallow' }
  /** A whole scan: undo the first character in the field. `text` is null for a repeat. */
  | { do: 'scan'; text: string | null };

export class Burst {
  readonly #timing: Timing;
  #text = '';
  #at_ms = 0;
  #last = { text: '', at_ms: -Infinity };

  constructor(timing: Timing = TIMING) {
    this.#timing = timing;
  }

  /** `key` is a single character, or a terminator: 'Enter' or 'Tab'. */
  feed(key: string, at_ms: number): Step {
    const quick = this.#text !== '' && at_ms - this.#at_ms <= this.#timing.gap_ms;
    this.#at_ms = at_ms;
    if (key === 'Enter' || key === 'Tab') {
      const text = this.#text;
      this.#text = '';
      if (!quick || text.length < this.#timing.length_min) return { do: 'pass' };
      return { do: 'scan', text: this.#once(text, at_ms) };
    }
    if (!quick) {
      this.#text = key;
      return { do: 'pass' };
    }
    this.#text += key;
    return { do: 'swallow' };
  }

  /** True when a burst has stopped without a terminator. */
  stale(at_ms: number): boolean {
    return this.#text.length > 1 && at_ms - this.#at_ms > this.#timing.gap_ms;
  }

  /** Gives up the burst: the swallowed characters belong to the field after all. */
  release(): string {
    const swallowed = this.#text.slice(1);
    this.#text = '';
    return swallowed;
  }

  #once(text: string, at_ms: number): string | null {
    const repeat = text === this.#last.text && at_ms - this.#last.at_ms < this.#timing.repeat_ms;
    this.#last = { text, at_ms };
    return repeat ? null : text;
  }
}
