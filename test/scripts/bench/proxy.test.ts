import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { proxyTo, type Proxy } from '../../../scripts/bench/proxy.ts'

describe('proxyTo', () => {
  let server: Server
  let proxy: Proxy
  before(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => { socket.pipe(socket) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    proxy = await proxyTo((server.address() as { port: number }).port, { maxUnderWayBytes: 100_000 })
  })
  after(() => {
    proxy.close()
    server.close()
  })

  for (const delayMs of [0, 3]) {
    it(`passes megabytes both ways unchanged, and counts them, though little may be under way, with ${delayMs} ms of delay`, async () => {
      proxy.setDelay(delayMs)
      const before = proxy.passed()
      const sent = randomBytes(3_000_000)
      const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
      client.end(sent)
      const chunks: Buffer[] = []
      for await (const chunk of client) chunks.push(chunk as Buffer)
      assert.ok(Buffer.concat(chunks).equals(sent))
      const { there, back } = proxy.passed()
      assert.deepEqual([there - before.there, back - before.back], [sent.length, sent.length])
    })
  }
})
