import type { Routes } from './types.ts'

/** What this node is doing. */
export const nodeRoutes: Routes = (app, { ready, swarm }) => {
  app.get('/health', (c) => (ready() ? c.json({ status: 'ok' }) : c.json({ status: 'loading' }, 503)))
  app.get('/api/swarm', (c) => c.json(swarm() ?? {}))
}
