import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { GATE_ADDRESS, internet, noInternet, type Internet, type InternetInit } from '../../support/internet/internet.ts'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'

const question = ['ask', 'What is the capital of Peru?', '--json', '--temperature', '0']
/** In networks of their own, the AutoNAT of libp2p takes several networks' word for an address. */
const PUBLIC = { lima: '45.1.1.2', oslo: '93.1.1.2', perth: '130.1.1.2', quito: '185.1.1.2' }

describe('daemons on an internet of home routers', function () {
  this.timeout(180_000)
  const running: Daemon[] = []
  let net: Internet

  before(function () {
    const reason = noInternet()
    if (reason != null) {
      if (this.test != null) this.test.title += ` (${reason})`
      this.skip()
    }
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).reverse().map(async ({ stop }) => await stop()))
    await net.stop()
  })
  after(removeFolders)

  const build = async (init: InternetInit): Promise<void> => {
    net = await internet(init)
  }
  const serve = async (machine: string, args: readonly string[], { lan = false } = {}): Promise<Daemon> => {
    const listen = args.includes('--listen') ? [] : ['--listen', '/ip4/0.0.0.0/tcp/4484']
    const node = await daemon(['--threads', '1', ...listen, ...args], { before: net.at(machine), lan })
    running.push(node)
    return node
  }
  const at = async (machine: string, args: readonly string[], home?: string) =>
    await shoal(args, { before: net.at(machine), home: home ?? await temporaryFolder() })
  /** The addresses that a node tells others. */
  const addressesOf = async (machine: string, node: Daemon): Promise<string[]> => {
    const { stdout, stderr } = await at(machine, ['invite', '--json'], node.home)
    const [invite] = stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Json)
    assert.ok(Array.isArray(invite?.addrs), stdout + stderr)
    return invite.addrs as string[]
  }
  const until = async <T>(what: string, seconds: number, look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    const end = Date.now() + seconds * 1000
    while (Date.now() < end) {
      const seen = await look()
      if (seen !== undefined) return seen
      await delay(500)
    }
    throw new Error(`${what}: not seen within ${seconds} s`)
  }
  const address = (ip: string, { peerId }: Daemon): string => `/ip4/${ip}/tcp/4484/p2p/${peerId}`

  it('find each other on the local network by mDNS, with nobody to join', async () => {
    await build({ home: { attic: '192.168.1.2', cellar: '192.168.1.3' } })
    const attic = await serve('attic', ['--layers', '0:4'], { lan: true })
    const cellar = await serve('cellar', ['--layers', '4:8'], { lan: true })
    const done = await until('an answer over both', 60, async () => {
      const { code, events } = await at('attic', [...question, '--join', address('192.168.1.2', attic)])
      return code === 0 ? events.at(-1) : undefined
    })
    assert.match(String(done.text), /Lima/)
    assert.deepEqual((done.route as Array<{ peerId: string }>).map(({ peerId }) => peerId), [attic.peerId, cellar.peerId])
  })

  it('have the router open a port by UPnP, learn by AutoNAT that it works, and are reached there', async () => {
    await build({ public: PUBLIC, home: { attic: '192.168.1.2' }, upnp: true })
    const lima = await serve('lima', ['--layers', '0:4'])
    const join = ['--join', address(PUBLIC.lima, lima)]
    await Promise.all((['oslo', 'perth', 'quito'] as const).map(async (machine) => await serve(machine, ['--layers', '0:4', ...join])))
    const attic = await serve('attic', ['--layers', '4:8', ...join])
    const opened = await until('the address of the router', 120, async () =>
      (await addressesOf('attic', attic)).find((one) => one.startsWith(`/ip4/${GATE_ADDRESS}/tcp/`)))
    assert.equal(opened, address(GATE_ADDRESS, attic))
    const { code, stderr, events } = await at('quito', [...question, '--join', opened])
    assert.equal(code, 0, stderr)
    assert.match(String(events.at(-1)?.text), /Lima/)
  })

  it('behind a router that opens nothing are reached by relay, and dial back to whoever can be reached themselves', async () => {
    await build({ public: PUBLIC, home: { attic: '192.168.1.2' } })
    const lima = await serve('lima', ['--layers', '0:4'])
    const join = ['--join', address(PUBLIC.lima, lima)]
    const relayed = ['--listen', `${address(PUBLIC.lima, lima)}/p2p-circuit`]
    const attic = await serve('attic', ['--layers', '4:8', ...join, ...relayed])
    const oslo = await serve('oslo', ['--layers', '0:4', ...join])
    const told = await addressesOf('attic', attic)
    assert.ok(told.length > 0 && told.every((one) => one.includes('/p2p-circuit')), told.join(' '))
    const { code, stderr, events } = await at('oslo', [...question, '--join', address(PUBLIC.oslo, oslo)])
    assert.equal(code, 0, stderr)
    assert.match(String(events.at(-1)?.text), /Lima/)
    await until('a direct connection', 30, () => connectedTo(attic, PUBLIC.oslo) ? true : undefined)
  })
})

/** Whether the process has an established TCP connection to port 4484 of an IPv4 address, as its network namespace's table has it. */
function connectedTo ({ child }: Daemon, ip: string): boolean {
  const hex = ip.split('.').reverse().map((byte) => Number(byte).toString(16).padStart(2, '0')).join('').toUpperCase()
  const lines = readFileSync(`/proc/${child.pid ?? 0}/net/tcp`, 'utf8').split('\n')
  return lines.some((line) => line.includes(` ${hex}:1184 01 `))
}
