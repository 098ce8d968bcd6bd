import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayApp } from '../../src/gateway/index.ts'
import { fakeGenerator, silent } from './fake-generator.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

const ADDRESSES = ['/ip4/127.0.0.1/tcp/1/ws/p2p/x']

describe('the page at /peer', () => {
  let folder = ''

  const get = async (path: string, { pages = folder, headers = {}, apiKeys = [] as string[] } = {}) => {
    const { app } = gatewayApp(
      { generator: fakeGenerator(), logger: silent, swarm: () => ({}), ready: () => true, peer: { peerId: 'x', addresses: () => ADDRESSES } },
      { host: apiKeys.length > 0 ? '0.0.0.0' : '127.0.0.1', apiKeys, pages }
    )
    const response = await app.request(`http://127.0.0.1:8484${path}`, { headers: { host: '127.0.0.1:8484', ...headers } })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  before(async () => {
    folder = await temporaryFolder()
    await mkdir(join(folder, 'assets'))
    await writeFile(join(folder, 'peer.html'), '<title>peer</title>')
    await writeFile(join(folder, 'secret.txt'), 'secret')
    await writeFile(join(folder, 'assets', 'peer-ABC123.js'), 'export {}')
  })
  after(removeFolders)

  it('lets nothing in but its own files, and connects to nodes', async () => {
    const { status, headers, text } = await get('/peer')
    assert.deepEqual([status, text, headers.get('content-type'), headers.get('x-content-type-options')], [200, '<title>peer</title>', 'text/html; charset=utf-8', 'nosniff'])
    const policy = headers.get('content-security-policy') ?? ''
    for (const part of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self' ws: wss:", "frame-ancestors 'none'"]) assert.ok(policy.includes(part), policy)
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'/)
  })

  it('has its script, for as long as it likes', async () => {
    const { status, headers, text } = await get('/assets/peer-ABC123.js')
    assert.deepEqual([status, text, headers.get('content-type')], [200, 'export {}', 'text/javascript; charset=utf-8'])
    assert.match(headers.get('cache-control') ?? '', /immutable/)
  })

  it('gives away no other file', async () => {
    for (const path of ['/assets/peer-ABC124.js', '/assets/../secret.txt', '/assets/..%2fsecret.txt', '/assets/%2e%2e/secret.txt', '/secret.txt', '/assets/peer-ABC123.js%00', '/assets/']) {
      assert.equal((await get(path)).status, 404, path)
    }
  })

  it('says what to do where it is not built', async () => {
    const { status, text } = await get('/peer', { pages: join(folder, 'nowhere') })
    assert.deepEqual([status, text.includes('npm run build')], [404, true])
  })

  it('hears where it can join', async () => {
    const { status, text } = await get('/api/peer')
    assert.deepEqual([status, JSON.parse(text)], [200, { peerId: 'x', addresses: ADDRESSES }])
  })

  it('needs no key, but is not for pages of other sites', async () => {
    for (const path of ['/peer', '/assets/peer-ABC123.js', '/api/peer']) assert.equal((await get(path, { apiKeys: ['k'] })).status, 200, path)
    assert.equal((await get('/api/swarm', { apiKeys: ['k'] })).status, 401)
    assert.equal((await get('/api/peer', { headers: { origin: 'https://example.org' } })).status, 403)
    assert.equal((await get('/api/peer', { headers: { host: 'example.org' } })).status, 403)
  })
})
