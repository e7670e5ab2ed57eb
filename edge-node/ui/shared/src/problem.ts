// Problem documents (RFC 9457) and everything else that may come instead of an answer.

/** Why something was not done. `code` picks the translated words; `detail` is the server's own. */
export interface Problem {
  code: string;
  status: number;
  title: string;
  detail: string;
  field: string;
  remedy: string;
  retry_after_s?: number;
  members: Record<string, unknown>;
}

/** The server said no. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Nobody answered: what was asked may or may not have been done. */
export class Unanswered extends Error {}

/** The form itself knows that a field is wrong; `words` is a message id. */
export class FieldError extends Error {
  readonly field: string;
  constructor(field: string, words: string) {
    super(words);
    this.field = field;
  }
}

const PREFIX = 'urn:omniroute:problem:';

export function readProblem(status: number, body: unknown, retryAfter: string | null): Problem {
  const members = isRecord(body) ? body : {};
  const text = (key: string) => (typeof members[key] === 'string' ? (members[key] as string) : '');
  const seconds = Number(members['retry_after_s'] ?? retryAfter ?? Number.NaN);
  return {
    code: text('type').startsWith(PREFIX) ? text('type').slice(PREFIX.length) : `status-${status}`,
    status,
    title: text('title'),
    detail: text('detail') || text('title') || `HTTP ${status}`,
    field: text('field'),
    remedy: text('remedy'),
    ...(Number.isFinite(seconds) ? { retry_after_s: seconds } : {}),
    members,
  };
}

/** What a refusal by the form itself looks like, so that one notice shows both. */
export function formProblem(error: FieldError): Problem {
  return { code: error.message, status: 0, title: '', detail: '', field: error.field, remedy: '', members: {} };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
