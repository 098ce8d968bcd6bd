/**
 * A host that opens a link to another through a relay, and speaks over it until well after the two are connected directly.
 * Prints `answered`, or what ended the link.
 *
 *     node call.ts LISTEN-ADDRESS RELAYED-ADDRESS
 */
import { peerIdFromString } from '@libp2p/peer-id'
import { encodeFrame } from '../../../protocols/frame/index.ts'
import { createHost } from '../../../src/p2p/index.ts'
import { ECHO_PROTOCOL } from './echo.ts'

const FRAMES_AFTER = 50
const MOST_FRAMES = 1500
const [listen = '', address = ''] = process.argv.slice(2)
const peer = address.slice(address.lastIndexOf('/') + 1)

const host = await createHost({ listen: [listen] })
await host.start()
const link = await host.open(peer, ECHO_PROTOCOL, { addresses: [address] })
let after = 0
let frames = 0
const say = (): void => { link.send(encodeFrame({ type: 1, position: after })) }
const end = (text: string): void => {
  process.stdout.write(`${text}\n`)
  process.exit()
}
link.listen({
  frame: () => {
    after += host.libp2p.getConnections(peerIdFromString(peer)).some(({ direct }) => direct) ? 1 : 0
    if (after === FRAMES_AFTER) end('answered')
    if (++frames === MOST_FRAMES) end('still only relayed')
    setTimeout(say, 20)
  },
  close: (error) => { end(`the link ended: ${error?.message ?? 'gracefully'}`) }
})
say()
