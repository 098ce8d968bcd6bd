/**
 * Hosts without a model, one at each address of this machine: peers from as many networks, for AutoNAT to ask. Prints their
 * addresses as one line of JSON.
 *
 *     node crowd.ts ADDRESS...
 */
import { createHost } from '../../../src/p2p/index.ts'

const hosts = await Promise.all(process.argv.slice(2).map(async (address) => await createHost({ listen: [`/ip4/${address}/tcp/4484`] })))
await Promise.all(hosts.map(async (host) => { await host.start() }))
process.stdout.write(`${JSON.stringify(hosts.map((host) => host.addresses()[0]))}\n`)
process.stdin.on('end', () => { process.exit() }).resume()
