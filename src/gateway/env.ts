/** What middlewares know of a request. */
export interface Env {
  Variables: { requestId: string }
}
