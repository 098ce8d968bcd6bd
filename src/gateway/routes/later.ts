import { HttpError } from '../errors.ts'
import type { Routes } from './types.ts'

/** What is to come, by name. */
export const laterRoutes: Routes = (app) => {
  for (const path of ['/', '/metrics']) {
    app.get(path, () => { throw new HttpError(`not in this version yet: ${path === '/' ? 'the dashboard' : path}; see /api/swarm`, { status: 404 }) })
  }
}
