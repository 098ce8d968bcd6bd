/**
 * Hosts without a model, one at each address, that send back every frame. Prints their addresses as one line of JSON.
 *
 *     node hosts.ts LISTEN-ADDRESS...
 */
import { createHost, type Link } from '../../../src/p2p/index.ts'
import { ECHO_PROTOCOL } from './echo.ts'

const sendBack = (link: Link): void => {
  link.listen({ frame: (frame) => { link.send(frame) }, close: () => { /* over */ } })
}

const hosts = await Promise.all(process.argv.slice(2).map(async (address) => await createHost({ listen: [address], relayServer: true })))
await Promise.all(hosts.map(async (host) => {
  await host.handle(ECHO_PROTOCOL, sendBack)
  await host.start()
}))
process.stdout.write(`${JSON.stringify(hosts.map((host) => host.addresses()[0]))}\n`)
process.stdin.on('end', () => { process.exit() }).resume()
