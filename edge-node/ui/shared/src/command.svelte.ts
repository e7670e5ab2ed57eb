// A command as a form holds it: its id, its one sending, and what came of it. The rules of the id
// are in draft.ts.

import { type Draft, open, outcomeOf, send, settle, tabKeep, type Keep } from './draft.ts';
import { postText } from './http.ts';
import { FieldError, formProblem, type Problem, Refused } from './problem.ts';
import { uuid7 } from './uuid7.ts';
import { troubleOf, whenSignedOut } from './view.svelte.ts';

export type Phase = 'open' | 'sending' | 'unanswered' | 'answered';

let keep: Keep | null = null;

/** Commands are kept per person: nobody finds another's unanswered command under their name. */
export function startCommands(owner: string): void {
  keep = tabKeep(owner);
}

export class Command<R> {
  phase = $state<Phase>('open');
  problem = $state<Problem | null>(null);
  reply = $state<R | null>(null);
  subject = $state('');
  /** Why the server will not do it now, although it may later with the same id. */
  wait = $state<Problem | null>(null);
  readonly #name: string;
  #key: string;
  #draft: Draft;

  /** `key` names the form, with what it is about: `pick-line.<order>.<line>`. */
  constructor(name: string, key: string = name) {
    this.#name = name;
    this.#key = key;
    this.#draft = this.#open();
  }

  get id(): string {
    return this.#draft.id;
  }

  get busy(): boolean {
    return this.phase === 'sending';
  }

  /** Nothing on the form may change: the command may already be done as it was sent. */
  get locked(): boolean {
    return this.phase === 'sending' || this.phase === 'unanswered';
  }

  /** Sends what `fields` says; true when it was answered. A second call while one is on its way does nothing. */
  async send(fields: () => object): Promise<boolean> {
    if (this.locked) return false;
    this.problem = null;
    let body: object;
    try {
      body = fields();
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      this.problem = formProblem(error);
      return false;
    }
    this.#draft = send(this.#keep(), this.#key, this.#draft, body);
    return this.#post();
  }

  /** The same id and the same bytes once more. */
  async again(): Promise<boolean> {
    if (this.phase !== 'unanswered') return false;
    return this.#post();
  }

  /** Ready for the next one, with a new id. */
  renew(key: string = this.#key): void {
    this.#key = key;
    this.phase = 'open';
    this.problem = null;
    this.reply = null;
    this.#draft = this.#open();
  }

  #open(): Draft {
    const draft = open(this.#keep(), this.#key, this.#name, uuid7);
    this.subject = draft.subject;
    if (draft.body !== null) this.phase = 'unanswered';
    return draft;
  }

  async #post(): Promise<boolean> {
    this.phase = 'sending';
    this.wait = null;
    try {
      const answer = await postText<unknown>(`commands/${this.#name}`, this.#draft.body ?? '{}');
      settle(this.#keep(), this.#key, this.#draft, 'answered', uuid7);
      this.reply = replyIn(answer) as R;
      this.phase = 'answered';
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  #failed(error: unknown): void {
    const outcome = error instanceof Refused ? outcomeOf(error.problem.status) : 'silence';
    this.#draft = settle(this.#keep(), this.#key, this.#draft, outcome, uuid7);
    if (outcome === 'refused' && error instanceof Refused) {
      this.problem = error.problem;
      this.phase = 'open';
      return;
    }
    this.wait = error instanceof Refused ? error.problem : null;
    this.phase = 'unanswered';
    whenSignedOut(troubleOf(error));
  }

  #keep(): Keep {
    if (!keep) throw new Error('commands need to know whose they are: call startCommands first');
    return keep;
  }
}

// A depot wraps its reply to say where in the log the command stands; the hub has no such place.
function replyIn(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'reply' in answer ? answer.reply : (answer ?? {});
}
