/** The other end of the benchmark of weights: gives away one blob, sends bare bytes, and sends frames back. Prints what it has; ends with its parent. */
import { createCipheriv } from 'node:crypto'
import '../../../bin/v8.cjs'
import { createHost } from '../../../src/p2p/index.ts'
import { blobServer, modelStore } from '../../../src/store/index.ts'
import { temporaryFolder } from '../../../test/support/shoal.ts'
import { bareNode, giveBare, giveLink } from './bare-stream.ts'
import { HOP_PROTOCOL } from './hop.ts'

const [size = 0, bytesPerSecond = 0] = process.argv.slice(2).map(Number)
const { blobs } = await modelStore(await temporaryFolder())
const writer = await blobs.writer()
// the same at every giver, and nothing that could be made smaller
const block = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(1024 * 1024))
for (let at = 0; at < size; at += block.byteLength) {
  block.writeUInt32LE(at % 2 ** 32, 0)
  await writer.write(at, block)
}
const part = await writer.finish(size)

const host = await createHost({ listen: ['/ip4/127.0.0.1/tcp/0'] })
/** Tokens are on their way while somebody measures hops. */
let hops = 0
await host.handle(HOP_PROTOCOL, (link) => {
  hops++
  link.listen({ frame: (frame) => { link.send(frame) }, close: () => { hops-- } })
})
const bare = await bareNode(['/ip4/127.0.0.1/tcp/0'])
await giveBare(bare, size)
await giveLink(host, size)
const server = blobServer({ host, blobs, offers: () => true, isBusy: () => hops > 0 }, { bytesPerSecond: bytesPerSecond > 0 ? bytesPerSecond : undefined })
await server.start()
await host.start()
process.stdout.write(`${JSON.stringify({ peerId: host.peerId, address: host.addresses()[0], part, bare: { peerId: bare.peerId.toString(), address: bare.getMultiaddrs()[0]?.toString() } })}\n`)
process.stdin.on('end', () => { process.exit(0) }).resume()
