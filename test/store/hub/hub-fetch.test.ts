import assert from 'node:assert/strict'
import { hubFiles, type HubFiles, type HubFilesInit } from '../../../src/store/index.ts'
import { COMMIT, hubServer, type HubServer, type HubServerInit } from '../../support/hub-server.ts'

const MiB = 1024 * 1024
const small = new Uint8Array(100).fill(7)
const named = (name: string, text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === name && text.test(error.message)

describe('what the hub says of repositories and files', () => {
  const servers: HubServer[] = []
  after(async () => { await Promise.all(servers.map(async ({ close }) => { await close() })) })

  async function serve (init: Partial<HubServerInit>): Promise<HubServer> {
    const server = await hubServer({ repositories: { 'org/name': { 'config.json': small, 'large.bin': new Uint8Array(2 * MiB) } }, ...init })
    servers.push(server)
    return server
  }

  const open = async ({ url }: { readonly url: string }, { env, signal, ...init }: HubFilesInit & { readonly signal?: AbortSignal } = {}): Promise<HubFiles> => await hubFiles(
    { repository: 'org/name', revision: 'main', file: undefined }, signal === undefined ? {} : { signal },
    { env: { HF_ENDPOINT: url, HF_TOKEN_PATH: '/nowhere', ...env }, pauseMs: 5, attempts: 3, ...init }
  )

  for (const [what, tell] of [
    ['breaks off', (_request, response) => { response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write('{"sha"', () => { response.destroy() }) }],
    ['falls silent', (_request, response) => { response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write('{"sha"') }],
    ['never comes', () => { /* nothing is said */ }]
  ] as ReadonlyArray<readonly [string, (...args: Parameters<NonNullable<HubServerInit['disturb']>>) => void]>) {
    it(`is asked again where it ${what}, and no more often than it should be`, async () => {
      let left = 2
      const server = await serve({ disturb: (...args) => {
        if (left-- <= 0) return false
        tell(...args)
        return true
      } })
      assert.equal((await open(server, { answerMs: 200 })).commit, COMMIT)
      left = Infinity
      await assert.rejects(open(server, { answerMs: 100 }), named('HubError', /the hub at http:\S+ can't be reached: /))
    })
  }

  it('is left alone where it never ends', async () => {
    let sent = 0
    const server = await serve({ disturb: (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(MiB, ' '), more)
        sent += MiB
      }
      more()
      return true
    } })
    await assert.rejects(open(server), named('HubError', /more than \d+ bytes where a description was asked for/))
    assert.ok(sent < 100 * MiB, `${sent} bytes`)
  })

  for (const [what, body] of [['a log-in page', '<html>'], ['something else', '{"hello":"world"}'], ['nothing', 'null'], ['another kind of commit', '{"sha":"main","siblings":[]}']] as const) {
    it(`is not believed where it is ${what}`, async () => {
      const server = await serve({ disturb: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(body)
        return true
      } })
      await assert.rejects(open(server), named('HubError', /is HF_ENDPOINT right/))
    })
  }

  it('is not read at an address that is none', async () => {
    for (const url of ['huggingface.co', 'ftp://hub', 'http://']) await assert.rejects(open({ url }), named('ImportSourceError', /HF_ENDPOINT is .*no address of a hub/))
  })

  it('is not waited for longer than was said, whatever it asks for', async () => {
    let left = 2
    const server = await serve({ disturb: (_request, response) => {
      if (left-- <= 0) return false
      response.writeHead(429, { 'retry-after': '86400' }).end()
      return true
    } })
    assert.equal((await open(server, { maxPauseMs: 10 })).commit, COMMIT)
  })

  it('is waited for until it is told to end', async () => {
    const ending = new AbortController()
    const server = await serve({ disturb: (_request, response) => {
      response.writeHead(503, { 'retry-after': '86400' }).end(() => { ending.abort(new Error('enough')) })
      return true
    } })
    await assert.rejects(open(server, { signal: ending.signal }), (error) => error instanceof Error && (error.message === 'enough' || error.name === 'AbortError'))
  })

  it('is followed to where a repository went, without the token to another place, and not in circles', async () => {
    const other = await serve({})
    const server = await serve({ disturb: (request, response, at) => {
      const isApi = at === 'hub' && request.url?.startsWith('/api/') === true
      if (isApi) response.writeHead(307, { location: `${other.url}${request.url ?? ''}` }).end()
      return isApi
    } })
    const files = await open(server, { env: { HF_TOKEN: 'hf_secret' } })
    assert.equal(files.commit, COMMIT)
    assert.deepEqual(other.requests.map(({ authorization }) => authorization), [undefined])
    assert.equal(server.requests[0]?.authorization, 'Bearer hf_secret')

    const circle = await serve({ disturb: (request, response) => {
      response.writeHead(302, { location: request.url }).end()
      return true
    } })
    await assert.rejects(open(circle), named('HubError', /in circles/))
    assert.ok(circle.requests.length < 10)
  })

  it('is known by size and name wherever the file lies', async () => {
    for (const storage of ['xet', 'lfs'] as const) {
      const server = await serve({ storage })
      const files = await open(server)
      assert.equal((await files.open('large.bin')).size, 2 * MiB)
      assert.equal((await files.open('config.json')).size, 100)
      assert.deepEqual(await files.small('config.json'), small)
      assert.ok(server.sentBytes() < 300, `${server.sentBytes()} bytes`)
      assert.equal(files.fingerprint(), (await openBoth()).fingerprint())
    }
    async function openBoth (): Promise<HubFiles> {
      const files = await open(await serve({}))
      await files.open('large.bin')
      await files.open('config.json')
      return files
    }
  })
})
