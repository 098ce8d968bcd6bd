/** The other end of the hop benchmark: sends every frame back, or only counts them. Prints its address; ends with its parent. */
import { createHost } from '../../../src/p2p/index.ts'
import { HOP_PROTOCOL, SINK_FRAMES, SINK_PROTOCOL } from './hop.ts'

const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'] })
await host.handle(HOP_PROTOCOL, (link) => {
  link.listen({ frame: (frame) => { link.send(frame) }, close: () => { /* the next one is welcome */ } })
})
await host.handle(SINK_PROTOCOL, (link) => {
  let count = 0
  link.listen({ frame: (frame) => { if (++count === SINK_FRAMES) { link.send(frame) } }, close: () => { /* the next one is welcome */ } })
})
await host.start()
process.stdout.write(`${JSON.stringify({ peerId: host.peerId, address: host.addresses()[0] })}\n`)
process.stdin.on('end', () => { process.exit(0) }).resume()
