import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { GATE_ADDRESS, internet, noInternet, type Internet, type InternetInit } from '../../support/internet/internet.ts'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'

const question = ['ask', 'What is the capital of Peru?', '--json', '--temperature', '0']
const LIMA = '45.1.1.2'
const OSLO = '93.1.1.2'
/** As many networks as have to say that an address does not work before AutoNAT believes it. */
const CROWD = ['12.1.1.2', '23.1.1.2', '34.1.1.2', '56.1.1.2', '67.1.1.2', '78.1.1.2', '89.1.1.2', '91.1.1.2']

const missing = noInternet()

describe(`daemons on an internet of home routers${missing == null ? '' : ` (${missing})`}`, function () {
  this.timeout(180_000)
  const running: Daemon[] = []
  let net: Internet | undefined

  before(function () {
    if (missing != null) this.skip()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).reverse().map(async ({ stop }) => await stop()))
    await net?.stop()
    net = undefined
  })
  after(removeFolders)

  const build = async (init: InternetInit): Promise<Internet> => net = await internet(init)
  const beforeCommand = (machine: string): string[] => net?.at(machine) ?? []
  const serve = async (machine: string, args: readonly string[], { lan = false } = {}): Promise<Daemon> => {
    const listen = args.includes('--listen') ? [] : ['--listen', '/ip4/0.0.0.0/tcp/4484']
    const node = await daemon(['--threads', '1', ...listen, ...args], { before: beforeCommand(machine), lan })
    running.push(node)
    return node
  }
  const at = async (machine: string, args: readonly string[], home?: string) =>
    await shoal(args, { before: beforeCommand(machine), home: home ?? await temporaryFolder() })
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
  /** Hosts without a model, one at each address. */
  const hosts = async (program: Internet['program'], machine: string, listen: readonly string[]): Promise<string[]> =>
    JSON.parse(await program(machine, ['hosts.ts', ...listen])) as string[]
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

  it('have the router open a port by UPnP, tell its address, and are reached there', async () => {
    await build({ public: { lima: [LIMA] }, home: { attic: '192.168.1.2' }, upnp: true })
    const lima = await serve('lima', ['--layers', '0:4'])
    const attic = await serve('attic', ['--layers', '4:8', '--join', address(LIMA, lima)])
    const opened = await until('the address of the router', 60, async () =>
      (await addressesOf('attic', attic)).find((one) => one.startsWith(`/ip4/${GATE_ADDRESS}/tcp/`)))
    assert.equal(opened, address(GATE_ADDRESS, attic))
    const { code, stderr, events } = await at('lima', [...question, '--join', opened])
    assert.equal(code, 0, stderr)
    assert.match(String(events.at(-1)?.text), /Lima/)
  })

  it('ask peers by AutoNAT whether such an address works, keep it where it does and take it back where it does not', async () => {
    const { program, opened } = await build({ public: { crowd: CROWD }, home: { attic: '192.168.1.2', cellar: '192.168.1.3' }, upnp: true, shut: [4494] })
    const joins = (await hosts(program, 'crowd', CROWD.map((ip) => `/ip4/${ip}/tcp/4484`))).flatMap((one) => ['--join', one])
    const toldOf = (addresses: readonly string[]): boolean => addresses.some((one) => one.includes(GATE_ADDRESS))
    const cellar = await serve('cellar', ['--layers', '0:4', '--listen', '/ip4/0.0.0.0/tcp/4494', ...joins])
    await until('the port that stays shut', 60, () => opened().includes(4494) ? true : undefined)
    // by the time that this one's address is told, the other's would be, if nobody had been asked
    const attic = await serve('attic', ['--layers', '4:8', ...joins])
    await until('the address that works', 60, async () => toldOf(await addressesOf('attic', attic)) ? true : undefined)
    await until('the end of the address that does not', 30, async () => toldOf(await addressesOf('cellar', cellar)) ? undefined : true)
    assert.ok(toldOf(await addressesOf('attic', attic)))
  })

  it('behind a router that opens nothing are reached by relay', async () => {
    await build({ public: { lima: [LIMA], oslo: [OSLO] }, home: { attic: '192.168.1.2' } })
    const lima = await serve('lima', ['--layers', '0:4'])
    const join = ['--join', address(LIMA, lima)]
    const relayed = ['--listen', `${address(LIMA, lima)}/p2p-circuit`]
    const attic = await serve('attic', ['--layers', '4:8', ...join, ...relayed])
    const told = await addressesOf('attic', attic)
    assert.ok(told.length > 0 && told.every((one) => one.includes('/p2p-circuit')), told.join(' '))
    const { code, stderr, events } = await at('oslo', [...question, ...join])
    assert.equal(code, 0, stderr)
    assert.match(String(events.at(-1)?.text), /Lima/)
  })

  it('are connected directly by DCUtR after a relay, while what is under way goes on', async () => {
    const { program } = await build({ public: { lima: [LIMA], oslo: [OSLO] }, home: { attic: '192.168.1.2' } })
    const [relay = ''] = await hosts(program, 'lima', [`/ip4/${LIMA}/tcp/4484`])
    const [attic = ''] = await hosts(program, 'attic', [`${relay}/p2p-circuit`])
    assert.equal(await program('oslo', ['call.ts', `/ip4/${OSLO}/tcp/4484`, attic]), 'answered')
  })
})
