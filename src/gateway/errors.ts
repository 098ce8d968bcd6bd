/** What goes wrong between an HTTP client and the swarm, in OpenAI's shape. */

export interface ErrorBody {
  readonly error: { readonly message: string, readonly type: string, readonly code: string | null, readonly param: string | null }
}

export interface HttpErrorInit {
  readonly status: 400 | 401 | 403 | 404 | 408 | 413 | 429 | 500 | 502 | 503
  readonly code?: string
  readonly param?: string
  readonly retryAfterS?: number
  readonly cause?: unknown
}

const types: Readonly<Record<HttpErrorInit['status'], string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'invalid_request_error',
  408: 'invalid_request_error',
  413: 'invalid_request_error',
  429: 'rate_limit_error',
  500: 'server_error',
  502: 'server_error',
  503: 'server_error'
}

export class HttpError extends Error {
  static override readonly name = 'HttpError'
  readonly status: HttpErrorInit['status']
  readonly code: string | null
  readonly param: string | null
  readonly retryAfterS: number | undefined

  constructor (message: string, init: HttpErrorInit) {
    super(message, { cause: init.cause })
    this.name = 'HttpError'
    this.status = init.status
    this.code = init.code ?? null
    this.param = init.param ?? null
    this.retryAfterS = init.retryAfterS
  }

  get body (): ErrorBody {
    return { error: { message: this.message, type: types[this.status], code: this.code, param: this.param } }
  }
}

/** The gateway was asked to listen where it must not or can't. */
export class ListenError extends Error {
  static override readonly name = 'ListenError'
  constructor (message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ListenError'
  }
}

const retryAfter = (error: Error): number =>
  'retryAfterMs' in error && typeof error.retryAfterMs === 'number' ? Math.max(1, Math.ceil(error.retryAfterMs / 1000)) : 1

/** Errors of the rooms below, by name: DESIGN's three kinds become 4xx, 429 or 503, and 502. */
export function httpError (error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (!(error instanceof Error)) return new HttpError('the answer failed', { status: 500, cause: error })
  const { message, name } = error
  switch (name) {
    case 'ContextLengthError':
      return new HttpError(message, { status: 400, code: 'context_length_exceeded', param: 'messages', cause: error })
    case 'TemplateError':
      return new HttpError(message, { status: 400, code: 'invalid_value', param: 'messages', cause: error })
    case 'RequestError':
    case 'EngineRequestError':
      return new HttpError(message, { status: 400, code: 'invalid_value', cause: error })
    case 'UnknownModelError':
      return new HttpError(message, { status: 404, code: 'model_not_found', param: 'model', cause: error })
    case 'NoCapacityError':
      return new HttpError(message, { status: 429, code: 'no_capacity', retryAfterS: retryAfter(error), cause: error })
    case 'UncoveredError':
    case 'NobodyServesError':
      return new HttpError(message, { status: 503, code: 'no_route', retryAfterS: Math.max(5, retryAfter(error)), cause: error })
    case 'PeerFaultError':
      return new HttpError(message, { status: 502, code: 'peer_fault', cause: error })
    default:
      return new HttpError(message === '' ? 'the answer failed' : message, { status: 500, cause: error })
  }
}
