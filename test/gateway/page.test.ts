import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gatewayApp } from '../../src/gateway/index.ts'
import { fakeGenerator, silent } from './fake-generator.ts'

const HTML = '<!doctype html><title>Shoal</title>'
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2000))})`

describe('the page', () => {
  let folder = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shoal-page-'))
    const pages = join(folder, 'web')
    await mkdir(join(pages, 'assets'), { recursive: true })
    await writeFile(join(folder, 'secret.txt'), 'secret')
    await writeFile(join(pages, 'index.html'), HTML)
    await writeFile(join(pages, 'other.html'), HTML)
    await writeFile(join(pages, 'assets', 'main-ABC.js'), SCRIPT)
    await writeFile(join(pages, 'assets', 'main-ABC.css'), 'body{}')
    await writeFile(join(pages, 'assets', 'main-ABC.js.1.tmp'), 'half')
  })
  after(async () => { await rm(folder, { recursive: true, force: true }) })

  const ask = async (path: string, { pages = join(folder, 'web'), method = 'GET', ...headers }: Record<string, string> = {}) => {
    const { app } = gatewayApp({ generator: fakeGenerator(), logger: silent, swarm: () => ({}), ready: () => true }, { host: '127.0.0.1', apiKeys: ['k'], pages })
    return await app.request(`http://127.0.0.1:8484${path}`, { method, headers: { host: '127.0.0.1:8484', ...headers } })
  }

  it('is served without a key, allowed to load and to ask nothing but this node', async () => {
    const response = await ask('/')
    assert.equal(response.status, 200)
    assert.equal(await response.text(), HTML)
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(response.headers.get('cache-control'), 'no-cache')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self';", "frame-ancestors 'none'"]) assert.ok(policy.includes(rule), rule)
    assert.ok(!policy.includes('unsafe'))
    assert.equal((await ask('/v1/models')).status, 401)
  })

  it('has scripts and styles of the right type, kept for ever', async () => {
    const script = await ask('/assets/main-ABC.js')
    assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8')
    assert.equal(script.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(await script.text(), SCRIPT)
    assert.equal((await ask('/assets/main-ABC.css')).headers.get('content-type'), 'text/css; charset=utf-8')
  })

  it('is not sent again where it has not changed, and smaller where it may be', async () => {
    const tag = (await ask('/')).headers.get('etag') ?? ''
    assert.match(tag, /^"[\w-]{27}"$/)
    for (const given of [tag, `W/${tag}`, `"other", ${tag}`]) assert.equal((await ask('/', { 'if-none-match': given })).status, 304)
    assert.equal((await ask('/', { 'if-none-match': '"other"' })).status, 200)
    const zipped = await ask('/assets/main-ABC.js', { 'accept-encoding': 'br, gzip' })
    assert.equal(zipped.headers.get('content-encoding'), 'gzip')
    assert.ok((await zipped.arrayBuffer()).byteLength < 200)
    const head = await ask('/', { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [200, ''])
  })

  for (const path of ['/assets/../../secret.txt', '/assets/%2e%2e/%2e%2e/secret.txt', '/assets/..%2f..%2fsecret.txt', '/assets//main-ABC.js', '/assets/main-ABC.js%00', '/assets/main-ABC.js.1.tmp', '/assets/', '/index.html', '/other', '/other.html', '/secret.txt', '/constructor']) {
    it(`gives nothing for ${path}`, async () => {
      const response = await ask(path)
      assert.ok([401, 404].includes(response.status))
      assert.ok(!(await response.text()).includes('secret.'))
    })
  }

  it('says how to build it where it is not built', async () => {
    for (const pages of [join(folder, 'none'), join(folder, 'web', 'assets')]) {
      const response = await ask('/', { pages })
      assert.equal(response.status, 404)
      assert.match(await response.text(), /npm run build/)
    }
  })
})
