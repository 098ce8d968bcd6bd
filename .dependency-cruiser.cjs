/**
 * Imports point down the list of rooms in docs/ARCHITECTURE.md, and through a room's door.
 */
const rooms = {
  cli: ['daemon', 'client'],
  daemon: ['gateway', 'client', 'pipeline', 'swarm', 'routing', 'placement', 'store', 'engine', 'model', 'p2p', 'protocols'],
  gateway: ['client'],
  client: ['swarm', 'p2p', 'protocols'],
  pipeline: ['engine', 'swarm', 'routing', 'model', 'p2p', 'protocols'],
  swarm: ['p2p', 'protocols'],
  routing: [],
  placement: [],
  store: ['p2p', 'model', 'protocols'],
  engine: ['model'],
  model: [],
  p2p: ['protocols']
}

const path = (room) => (room === 'protocols' ? '^protocols/' : `^src/${room}/`)

/** Rooms that hold values only: no I/O, no clock, no randomness of their own. */
const pure = '^src/(model|placement|routing)/|^protocols/'

module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-down`,
      severity: 'error',
      comment: `${room}/ may import only: ${allowed.join(', ') || 'nothing'} (types of any room below are free)`,
      from: { path: path(room) },
      to: {
        path: '^(src|protocols)/',
        pathNot: [room, ...allowed].map(path),
        dependencyTypesNot: ['type-only']
      }
    })),
    {
      name: 'through-the-door',
      severity: 'error',
      comment: 'another room is reached through its index.ts',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/([^/]+)/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', '^src/p2p/(node20|portable|browser|errors)\\.ts$'] }
    },
    {
      name: 'pure-rooms',
      severity: 'error',
      comment: 'model, placement, routing and protocols do no I/O',
      from: { path: pure },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer)$' }
    },
    {
      name: 'web-by-http',
      severity: 'error',
      comment: 'the page knows the node by its HTTP API only (/peer, which is a thin client itself, has the client room)',
      from: { path: '^web/', pathNot: '^web/peer/' },
      to: { path: '^(src|protocols)/' }
    },
    { name: 'web-is-a-leaf', severity: 'error', comment: 'nothing that runs in Node imports the page', from: { path: '^(src|protocols)/' }, to: { path: '^web/' } },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.mjs', '.js'] }
  }
}
