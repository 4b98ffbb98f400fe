/** What the server refused, or why it could not be asked: the one kind of error that calls raise. */

export interface FieldProblem {
  pointer?: string | null
  parameter?: string | null
  code: string
  detail: string
}

/** What happened to the money of a paid action that failed, in credits. */
export interface MoneyMoved {
  held: string
  released: string
  charged: string
}

interface Told {
  status: number
  code: string
  detail: string
  traceId?: string | undefined
  retryAfter?: number | undefined
  errors?: FieldProblem[] | undefined
  facts?: Record<string, unknown> | undefined
}

/** A refusal as problem+json tells it; `status` is 0 where there was no answer at all. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly traceId: string | undefined
  /** Seconds after which asking again makes sense. */
  readonly retryAfter: number | undefined
  readonly errors: FieldProblem[]
  /** Members that depend on `code`: `tries_left`, `scope`, `price` … */
  readonly facts: Record<string, unknown>

  constructor(told: Told) {
    super(told.detail)
    this.status = told.status
    this.code = told.code
    this.detail = told.detail
    this.traceId = told.traceId
    this.retryAfter = told.retryAfter
    this.errors = told.errors ?? []
    this.facts = told.facts ?? {}
  }

  get money(): MoneyMoved | undefined {
    return this.facts.money as MoneyMoved | undefined
  }

  /** Whether the same request may well succeed a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/** The refusal in this answer; also of proxies, which know nothing of problem+json. */
export async function problemIn(response: Response): Promise<Problem> {
  const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  const text = await response.text().catch(() => '')
  const told = parsed(text)
  const { status: _status, code, detail, trace_id, errors, type: _type, title, ...facts } = told
  const sentence = [detail, title].find((each): each is string => typeof each === 'string')
  return new Problem({
    status: response.status,
    code: typeof code === 'string' ? code : 'no_problem_told',
    detail: sentence ?? response.statusText,
    traceId: typeof trace_id === 'string' ? trace_id : traceIn(response.headers),
    retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
    errors: Array.isArray(errors) ? (errors as FieldProblem[]) : undefined,
    facts,
  })
}

/** Whatever was thrown, as a problem; an abort stays what it is. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  const detail = thrown instanceof Error ? thrown.message : String(thrown)
  if (thrown instanceof TypeError) return new Problem({ status: 0, code: 'unreachable', detail })
  return new Problem({ status: 0, code: 'page_failed', detail })
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** The trace id of a W3C `traceparent`, which every answer of ours carries. */
function traceIn(headers: Headers): string | undefined {
  return /^00-([0-9a-f]{32})-/.exec(headers.get('traceparent') ?? '')?.[1]
}
