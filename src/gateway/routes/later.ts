import { HttpError } from '../errors.ts'
import type { Routes } from './types.ts'

/** What is to come, by name. */
export const laterRoutes: Routes = (app) => {
  app.get('/metrics', () => { throw new HttpError('not in this version yet: /metrics; see /api/swarm', { status: 404 }) })
}
