import { eventStreams } from '../events.ts'
import type { ActivityFeed } from '../activity.ts'
import type { Routes } from './types.ts'

const EVENT_HEADERS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' }
const NOTHING_HAPPENS: ActivityFeed = { hello: () => ({ kind: 'hello', peerId: '', sessions: [] }), watch: () => () => { /* nobody is told */ } }

/** What this node is doing. */
export const nodeRoutes: Routes = (app, { ready, swarm, activity = NOTHING_HAPPENS, peer, ended }) => {
  const events = eventStreams(activity, ended)
  app.get('/health', (c) => (ready() ? c.json({ status: 'ok' }) : c.json({ status: 'loading' }, 503)))
  app.get('/api/swarm', (c) => c.json(swarm() ?? {}))
  app.get('/api/peer', (c) => c.json({ peerId: peer?.peerId ?? '', addresses: peer?.addresses() ?? [] }))
  // whoever asks for the headers alone reads no stream, and would never leave it
  app.get('/api/events', (c) => c.req.method === 'HEAD' ? c.body(null, 200, EVENT_HEADERS) : c.body(events.open(), 200, EVENT_HEADERS))
}
