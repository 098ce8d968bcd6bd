import { eventStreams } from '../events.ts'
import type { ActivityFeed } from '../activity.ts'
import type { Routes } from './types.ts'

const NOTHING_HAPPENS: ActivityFeed = { hello: () => ({ kind: 'hello', peerId: '', sessions: [] }), watch: () => () => { /* nobody is told */ } }

/** What this node is doing. */
export const nodeRoutes: Routes = (app, { ready, swarm, activity = NOTHING_HAPPENS, peer, ended }) => {
  const events = eventStreams(activity, ended)
  app.get('/health', (c) => (ready() ? c.json({ status: 'ok' }) : c.json({ status: 'loading' }, 503)))
  app.get('/api/swarm', (c) => c.json(swarm() ?? {}))
  app.get('/api/peer', (c) => c.json({ peerId: peer?.peerId ?? '', addresses: peer?.addresses() ?? [] }))
  app.get('/api/events', (c) => c.body(events.open(), 200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }))
}
