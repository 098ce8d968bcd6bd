/** The node that served this page, by its HTTP API. */
import { isRecord, numberOr, stringOr } from './json.ts'

/** What the node said when it refused. */
export class ApiError extends Error {
  static override readonly name = 'ApiError'
  /** HTTP's status; 0: no answer at all, or one that broke off. */
  readonly status: number
  readonly retryAfterS: number | undefined

  constructor (message: string, { status = 0, retryAfterS }: { status?: number | undefined, retryAfterS?: number | undefined } = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.retryAfterS = retryAfterS
  }
}

export interface Model {
  readonly name: string
  readonly modelId: string
  readonly contextLength: number | undefined
}

export interface Api {
  /** @throws {ApiError} */
  get (path: string, signal?: AbortSignal): Promise<unknown>
  /** The answer as soon as its head is there. @throws {ApiError} */
  open (path: string, init: { readonly body?: object, readonly signal?: AbortSignal }): Promise<Response>
  /** @throws {ApiError} */
  models (signal?: AbortSignal): Promise<Model[]>
}

/** The message in a body of OpenAI's shape. */
export function errorMessage (body: unknown): string | undefined {
  const error = isRecord(body) ? body.error : undefined
  return isRecord(error) && typeof error.message === 'string' && error.message !== '' ? error.message : undefined
}

async function failure (response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined)
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  return new ApiError(errorMessage(body) ?? `the node answered ${response.status}`, { status: response.status, retryAfterS: Number.isFinite(after) ? after : undefined })
}

export interface ApiInit {
  /** The key that is sent, if any. */
  key (): string
  /** The node wants another key than the one that is used. */
  onDenied (): void
  readonly fetch: typeof fetch
}

export function api ({ key, onDenied, fetch }: ApiInit): Api {
  const open: Api['open'] = async (path, { body, signal }) => {
    const given = key()
    const headers = {
      ...(given === '' ? {} : { authorization: `Bearer ${given}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    }
    let response: Response
    try {
      response = await fetch(path, {
        headers,
        cache: 'no-store',
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal })
      })
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw new ApiError('the node does not answer: is it still running?')
    }
    // a late answer to an earlier key says nothing of this one
    if (response.status === 401 && given === key()) onDenied()
    if (!response.ok) throw await failure(response)
    return response
  }
  const get: Api['get'] = async (path, signal) => await (await open(path, signal === undefined ? {} : { signal })).json() as unknown
  return {
    open,
    get,
    models: async (signal) => {
      const body = await get('/v1/models', signal)
      const data = isRecord(body) && Array.isArray(body.data) ? body.data : []
      return data.filter(isRecord).map((model) => {
        const contextLength = numberOr(model.context_length, 0)
        return { name: stringOr(model.id, ''), modelId: stringOr(model.model_id, ''), contextLength: contextLength > 0 ? contextLength : undefined }
      })
    }
  }
}
