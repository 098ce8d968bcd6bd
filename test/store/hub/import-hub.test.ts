import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { spanParts, type Manifest, type PartPlan, type Span } from '../../../src/model/index.ts'
import { blobMaker, hubFiles, importModel, modelStore, openFiles, parseHubName, sourceName, type HubFilesInit, type ModelStore, type OpenedSource } from '../../../src/store/index.ts'
import { planOf } from '../../../src/store/blob-maker.ts'
import { COMMIT, hubServer, type HubServer, type HubServerInit } from '../../support/hub-server.ts'
import { fixtureFolder } from '../../support/reference.ts'
import { removeFolders, root, temporaryFolder } from '../../support/shoal.ts'

const named = (name: string, text: RegExp) => (error: unknown): boolean => error instanceof Error && error.name === name && text.test(error.message)

/** A folder's files as a repository has them. */
function filesOf (folder: string): Record<string, Uint8Array> {
  return Object.fromEntries(readdirSync(folder).filter((file) => statSync(join(folder, file)).isFile()).map((file) => [file, readFileSync(join(folder, file))]))
}

const gguf = readdirSync(join(root, 'test', 'fixtures', 'llama-gguf')).filter((file) => file.endsWith('.gguf')).map((file) => join(root, 'test', 'fixtures', 'llama-gguf', file))
const atlas = join(root, 'models', 'atlas')

/** Of a folder: what says what its tensors are, and how text becomes tokens; a byte of each file tells how large it is. */
function headBytes (folder: string): number {
  const files = Object.entries(filesOf(folder))
  const headers = files.map(([name, bytes]) => name.endsWith('.safetensors') ? 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)) : bytes.byteLength)
  return headers.reduce((sum, bytes) => sum + bytes + 1, 0)
}

/** Of the tensors that parts are made of, as their files have them. */
function tensorBytes (parts: readonly PartPlan[]): number {
  const sources = parts.flatMap(({ tensors }) => tensors.flatMap((tensor) => tensor.sources))
  return sources.reduce((sum, part) => sum + ('zeros' in part ? 0 : part.tensor.rowBytes * (part.tensor.shape.length === 1 ? 1 : part.rows)), 0)
}

/** The same to every request. */
const always = (answer: number | 'hang up'): NonNullable<HubServerInit['disturb']> => (request, response) => {
  if (answer === 'hang up') request.socket.destroy()
  else response.writeHead(answer, { 'retry-after': '0' }).end()
  return true
}

describe('a model of the hub', function () {
  this.timeout(60_000)
  const servers: HubServer[] = []
  after(async () => {
    await Promise.all(servers.map(async ({ close }) => { await close() }))
    await removeFolders()
  })

  async function serve (init: Omit<HubServerInit, 'repositories'> & { readonly repositories?: HubServerInit['repositories'] } = {}): Promise<HubServer> {
    const server = await hubServer({ repositories: { 'org/atlas': filesOf(atlas) }, ...init })
    servers.push(server)
    return server
  }

  async function imported (server: HubServer, text = 'org/atlas', { keep = 'everything', store, env = {}, signal, ...init }: HubFilesInit & {
    readonly keep?: 'everything' | 'nothing' | Span, readonly store?: ModelStore, readonly signal?: AbortSignal
  } = {}): Promise<{ readonly modelId: string, readonly manifest: Manifest, readonly store: ModelStore }> {
    const name = parseHubName(text)
    assert.ok(name)
    const options = signal === undefined ? {} : { signal }
    const files = await hubFiles(name, options, { env: { HF_ENDPOINT: server.url, HF_TOKEN_PATH: '/nowhere', ...env }, pauseMs: 5, ...init })
    const into = store ?? await modelStore(await temporaryFolder())
    return { ...await importModel({ source: await openFiles(files), name: 'm', store: into, keep, ...options }), store: into }
  }

  let here: { readonly modelId: string, readonly manifest: Manifest }
  before(async () => { here = await importModel({ source: atlas, name: 'm', store: await modelStore(await temporaryFolder()) }) })

  it('has the id that its files on a disk have, and is read at one commit', async () => {
    const server = await serve()
    const { modelId, store } = await imported(server, 'org/atlas@main')
    assert.equal(modelId, here.modelId)
    assert.ok((await store.get('m')).complete)
    assert.ok(server.requests.some(({ server: at }) => at === 'cdn'), 'large files come from the CDN')
    for (const { path } of server.requests) assert.ok(path.startsWith('/api/') || path.includes(`/resolve/${COMMIT}/`) || path.startsWith('/org/atlas/'), path)
  })

  it('is the same where its large files are kept by LFS, whose CDN calls them otherwise', async () => {
    const server = await serve({ storage: 'lfs' })
    const { modelId } = await imported(server)
    assert.equal(modelId, here.modelId)
  })

  it('is the same where each link is good for one range: the hub is asked for each, without a pause', async () => {
    const server = await serve({ links: 'one range', largeBytes: 1_000_000 })
    // longer than the test may take
    assert.equal((await imported(server, 'org/atlas', { pauseMs: 90_000 })).modelId, here.modelId)
    const at = (kind: 'hub' | 'cdn', file: string): number => server.requests.filter(({ server: where, path }) => where === kind && path.includes(file)).length
    // once to describe it, once for each range, and one range was asked for with the link of another
    assert.equal(at('hub', 'model.safetensors'), 1 + at('cdn', 'model.safetensors') - 1)
  })

  it('is the same as GGUF, named or the only one', async () => {
    const [path = ''] = gguf
    const file = path.split('/').at(-1) ?? ''
    const server = await serve({ repositories: { 'org/one': { [file]: readFileSync(path) }, 'org/two': { [file]: readFileSync(path), 'other.gguf': readFileSync(path) } }, largeBytes: 1000 })
    const expected = await importModel({ source: path, name: 'm', store: await modelStore(await temporaryFolder()) })
    assert.equal((await imported(server, 'org/one')).modelId, expected.modelId)
    assert.equal((await imported(server, `org/two:${file}`)).modelId, expected.modelId)
    await assert.rejects(imported(server, 'org/two'), named('ImportSourceError', /several models; name one, such as org\/two:.*other\.gguf/))
    await assert.rejects(imported(server, 'org/two:third.gguf'), named('ImportSourceError', /no third\.gguf .*there is/))
  })

  for (const keep of ['nothing', { start: 2, end: 5 }, { start: 5, end: 8 }] as const) {
    it(`gives the same ids where ${keep === 'nothing' ? 'no weights are' : `layers ${keep.start} to ${keep.end - 1} alone are`} kept`, async () => {
      const { modelId, manifest, store } = await imported(await serve(), 'org/atlas', { keep })
      assert.equal(modelId, here.modelId)
      const parts = keep === 'nothing' ? [] : spanParts(manifest, keep)
      const lists = [manifest.tokenizer, manifest.embedding, ...manifest.layers, manifest.head].map(({ pieces }) => pieces)
      assert.deepEqual(new Set(await readdir(store.blobs.folder)), new Set([modelId, manifest.tokenizer.cid, ...lists, ...parts.map(({ cid }) => cid)]))
    })
  }

  it('gives single layers where the manifest is known: only their bytes are read, and they are the same', async () => {
    const server = await serve()
    const files = await hubFiles({ repository: 'org/atlas', revision: 'main', file: undefined }, {}, { env: { HF_ENDPOINT: server.url } })
    const source = await openFiles(files)
    const store = await modelStore(await temporaryFolder())
    const maker = blobMaker(source, here.manifest, store.blobs)
    server.reset()
    const parts = spanParts(here.manifest, { start: 3, end: 6 })
    for (const part of parts) await maker.make(part, {})
    for (const { cid } of parts) assert.ok(await store.blobs.has(cid))
    const needed = ['model.layers.3.', 'model.layers.4.', 'model.layers.5.'].flatMap((prefix) => [...source.tensors.names()].filter((name) => name.startsWith(prefix)))
      .reduce((sum, name) => sum + (source.tensors.info(name)?.rowBytes ?? 0) * (source.tensors.info(name)?.shape.slice(0, -1).reduce((rows, length) => rows * length, 1) ?? 0), 0)
    assert.ok(needed > 0)
    assert.ok(server.sentBytes() <= 1.02 * needed, `${server.sentBytes()} bytes for ${needed}`)
  })

  for (const [model, quantization] of [['qwen3', 'keep'], ['llama-tied', 'int8'], ['phi3', 'int4']] as const) {
    it(`is read no further than a span of ${model} needs, from its name to its blobs`, async () => {
      const folder = join(fixtureFolder, 'models', model)
      const server = await serve({ repositories: { 'org/tiny': filesOf(folder) }, largeBytes: 10_000 })
      const local = await modelStore(await temporaryFolder())
      const { manifest } = await importModel({ source: folder, name: 'm', store: local, quantization })
      const count = manifest.config.layerCount
      for (const span of [{ start: 0, end: 1 }, { start: 1, end: 2 }, { start: count - 1, end: count }, { start: 0, end: count }]) {
        server.reset()
        const source = await openFiles(await hubFiles({ repository: 'org/tiny', revision: 'main', file: undefined }, {}, { env: { HF_ENDPOINT: server.url } }))
        const headers = server.sentBytes()
        assert.ok(headers <= headBytes(folder), `${headers} bytes of headers and descriptions`)
        const store = await modelStore(await temporaryFolder())
        const maker = blobMaker(source, manifest, store.blobs)
        const parts = spanParts(manifest, span)
        for (const part of parts) await maker.make(part, {})
        for (const { cid } of parts) assert.ok(await store.blobs.has(cid))
        const plan = planOf(source, quantization)
        const needed = tensorBytes(spanParts({ config: manifest.config, ...plan }, span))
        assert.ok(server.sentBytes() - headers <= 1.02 * needed, `${server.sentBytes() - headers} bytes for ${needed}`)
      }
    })
  }

  it('is read once, also for a matrix whose scales come behind its values', async () => {
    const server = await serve()
    const source = await openFiles(await hubFiles({ repository: 'org/atlas', revision: 'main', file: undefined }, {}, { env: { HF_ENDPOINT: server.url } }))
    const { manifest } = await importModel({ source: atlas, name: 'm', store: await modelStore(await temporaryFolder()), quantization: 'int8' })
    const made = async (from: OpenedSource): Promise<number> => {
      server.reset()
      await blobMaker(from, manifest, (await modelStore(await temporaryFolder())).blobs).make(manifest.embedding, {})
      return server.sentBytes()
    }
    const needed = tensorBytes([planOf(source, 'int8').embedding])
    assert.ok((source.sideValues ?? 0) > 64 * 1024 * 1024)
    assert.equal(await made(source), needed)
  })

  it('leaves alone what the store has, where a layer is not what the manifest says', async () => {
    const server = await serve()
    const source = await openFiles(await hubFiles({ repository: 'org/atlas', revision: 'main', file: undefined }, {}, { env: { HF_ENDPOINT: server.url } }))
    const store = await modelStore(await temporaryFolder())
    await importModel({ source: atlas, name: 'm', store })
    const before = await readdir(store.blobs.folder)
    const [first, second] = here.manifest.layers
    assert.ok(first && second)
    const lying = { ...here.manifest, layers: [second, first, ...here.manifest.layers.slice(2)] }
    await assert.rejects(blobMaker(source, lying, store.blobs).make(first, {}), named('CorruptBlobError', /not what the manifest says/))
    assert.deepEqual(await readdir(store.blobs.folder), before)
    assert.ok((await store.get('m')).complete)
  })

  it('is not waited for by whoever stops', async () => {
    const ending = new AbortController()
    let isSilent = false
    const server = await serve({ disturb: (_request, _response, at) => {
      if (isSilent && at === 'cdn') ending.abort(new Error('enough'))
      return isSilent
    } })
    const source = await openFiles(await hubFiles({ repository: 'org/atlas', revision: 'main', file: undefined }, {}, { env: { HF_ENDPOINT: server.url }, attempts: 1 }))
    const store = await modelStore(await temporaryFolder())
    const [layer] = here.manifest.layers
    assert.ok(layer)
    isSilent = true
    await assert.rejects(blobMaker(source, here.manifest, store.blobs).make(layer, { signal: ending.signal }), /enough/)
    assert.deepEqual(await readdir(store.blobs.folder), [])
  })

  it('refuses layers that are not what the manifest says', async () => {
    const server = await serve()
    const source = await openFiles(await hubFiles({ repository: 'org/atlas', revision: 'main', file: undefined }, {}, { env: { HF_ENDPOINT: server.url } }))
    const store = await modelStore(await temporaryFolder())
    const [first, second] = here.manifest.layers
    assert.ok(first && second)
    const lying = { ...here.manifest, layers: [second, first, ...here.manifest.layers.slice(2)] }
    await assert.rejects(blobMaker(source, lying, store.blobs).make(first, {}), named('CorruptBlobError', /not what the manifest says/))
    assert.deepEqual(await readdir(store.blobs.folder), [])
  })

  it('goes on where a connection was cut, and reads no byte of that twice', async () => {
    const whole = await serve()
    await imported(whole)
    let cuts = 3
    const server = await serve({ cutAfter: (path) => (path.endsWith('model.safetensors') && cuts-- > 0 ? 70_000 : undefined) })
    assert.equal((await imported(server)).modelId, here.modelId)
    assert.ok(cuts < 0)
    assert.equal(server.sentBytes(), whole.sentBytes())
  })

  for (const keep of ['everything', 'nothing'] as const) it(`goes on with finished parts where an import that keeps ${keep} was broken off`, async () => {
    const store = await modelStore(await temporaryFolder())
    const ending = new AbortController()
    const first = await serve({ disturb: (request) => {
      if (Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0) > 4_000_000) ending.abort(new Error('enough'))
      return false
    } })
    await assert.rejects(imported(first, 'org/atlas', { store, keep, signal: ending.signal }), /enough/)
    const second = await serve()
    assert.equal((await imported(second, 'org/atlas', { store, keep })).modelId, here.modelId)
    const third = await serve()
    await imported(third, 'org/atlas', { keep })
    assert.ok(second.sentBytes() < third.sentBytes() - 1_000_000, `${second.sentBytes()} of ${third.sentBytes()} bytes the second time`)
  })

  it('waits as long as it is asked to, and comes back', async () => {
    const refusals: Array<[number, Record<string, string>]> = [[429, { 'retry-after': '0' }], [503, { 'retry-after': new Date(Date.now() - 1000).toUTCString() }], [500, {}], [502, {}]]
    const server = await serve({ disturb: (_request, response) => {
      const next = refusals.pop()
      if (next !== undefined) response.writeHead(next[0], next[1]).end()
      return next !== undefined
    } })
    assert.equal((await imported(server)).modelId, here.modelId)
  })

  for (const [what, init, text, error, words] of [
    ['that is not there', {}, 'org/other', 'ImportSourceError', /there is no org\/other@main at/],
    ['whose file is not there', { repositories: { 'org/atlas': { 'config.json': readFileSync(join(atlas, 'config.json')) } } }, 'org/atlas', 'ImportSourceError', /no tokenizer\.json/],
    ['that is not open to everybody', { gated: { 'org/atlas': 'hf_right' } }, 'org/atlas', 'ImportSourceError', /is not there, or not open to everybody: check the name, ask for access on its page, and set HF_TOKEN/],
    ['of a hub that has no time', { disturb: always(429) }, 'org/atlas', 'HubError', /no more requests now/],
    ['of a hub that fails', { disturb: always(503) }, 'org/atlas', 'HubError', /answered 503/],
    ['of a hub that hangs up', { disturb: always('hang up') }, 'org/atlas', 'HubError', /can't be reached/],
    ['that always breaks off', { cutAfter: (path: string) => (path.endsWith('model.safetensors') ? 0 : undefined) }, 'org/atlas', 'HubError', /breaks off at byte/]
  ] as const) {
    it(`says what to do about one ${what}`, async () => {
      await assert.rejects(imported(await serve(init), text, { attempts: 3 }), named(error, words))
    })
  }

  it('goes on where nothing comes any more', async () => {
    let silent = 2
    const server = await serve({ disturb: (request, response, at) => {
      if (at !== 'cdn' || !(request.url ?? '').endsWith('model.safetensors') || silent-- <= 0) return false
      const [, from = '0', to = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
      const size = statSync(join(atlas, 'model.safetensors')).size
      response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${size}`, 'content-length': Number(to) - Number(from) + 1 }).flushHeaders()
      return true
    } })
    assert.equal((await imported(server, 'org/atlas', { silenceMs: 100 })).modelId, here.modelId)
  })

  it('is refused where its files change while they are read', async () => {
    let changes = 0
    const server = await serve({ etag: (path) => (path.endsWith('model.safetensors') && changes++ > 2 ? '"other"' : undefined) })
    await assert.rejects(imported(server), named('HubError', /changed at the hub while it was read/))
  })

  it('is refused where the hub sends another range than was asked for, or all of it', async () => {
    for (const head of [[200, {}], [206, { 'content-range': 'bytes 0-9/10' }]] as const) {
      const server = await serve({ disturb: (_request, response, at) => {
        if (at === 'cdn') response.writeHead(head[0], head[1]).end('0123456789')
        return at === 'cdn'
      } })
      await assert.rejects(imported(server), named('HubError', head[0] === 200 ? /answered 200 where a part/ : /bytes 0-9\/10 where/))
    }
  })

  it('is told the token, which goes to the hub and never to its CDN', async () => {
    const server = await serve({ gated: { 'org/atlas': 'hf_secret' } })
    assert.equal((await imported(server, 'org/atlas', { env: { HF_TOKEN: 'hf_secret' } })).modelId, here.modelId)
    for (const { server: at, authorization } of server.requests) assert.equal(authorization, at === 'hub' ? 'Bearer hf_secret' : undefined)
    await assert.rejects(imported(server, 'org/atlas', { env: { HF_TOKEN: 'hf_wrong' } }), named('ImportSourceError', /the token that is set .* gives no access/))
    await assert.rejects(imported(server, 'org/atlas', { env: { HF_TOKEN: 'wrong' } }), named('ImportSourceError', /begin with hf_/))
  })
})

describe('a name at the hub', () => {
  it('is a repository, a revision and a file', () => {
    assert.deepEqual(parseHubName('org/name'), { repository: 'org/name', revision: 'main', file: undefined })
    assert.deepEqual(parseHubName('org/na.me-1@refs/pr/1:sub/a.Q4_0.gguf'), { repository: 'org/na.me-1', revision: 'refs/pr/1', file: 'sub/a.Q4_0.gguf' })
    for (const text of ['name', './name', '../name', 'a/b/c', 'models/a.gguf', '', 'org/name:file.txt', '/abs/path']) assert.equal(parseHubName(text), undefined, text)
  })

  it('stands for one commit and quantisation', () => {
    assert.equal(sourceName({ repository: 'org/name', revision: 'main', file: undefined }, COMMIT, 'keep'), `org/name@${COMMIT}:keep`)
    assert.equal(sourceName({ repository: 'org/name', revision: 'main', file: 'a.gguf' }, COMMIT, 'int4'), `org/name@${COMMIT}/a.gguf:int4`)
  })
})
