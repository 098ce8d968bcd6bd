import type { AccessEnv } from './access.ts'

/** What middlewares know of a request. */
export interface Env extends AccessEnv {
  Variables: AccessEnv['Variables'] & { requestId: string }
}
