import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { connect } from 'node:net'
import { once } from 'node:events'
import { startGateway, type Gateway } from '../../src/gateway/index.ts'
import { writeCertificate } from '../support/certificate.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'
import { fakeGenerator, silent } from './fake-generator.ts'
import type { CertificateFiles } from '../../src/gateway/certificate.ts'

describe('the gateway over TLS', () => {
  const running: Gateway[] = []
  afterEach(async () => { await Promise.all(running.splice(0).map(async (gateway) => { await gateway.stop({ signal: AbortSignal.abort() }) })) })
  after(removeFolders)

  const start = async (tls: CertificateFiles) => {
    const warnings = Promise.withResolvers<string>()
    const gateway = await startGateway(
      { generator: fakeGenerator(), logger: { ...silent, warn: (_fields, message) => { warnings.resolve(message) } }, swarm: () => ({}), ready: () => true },
      { host: '127.0.0.1', port: 0, tls: { ...tls, lookEveryMs: 20 } }
    )
    running.push(gateway)
    return { gateway, port: Number(new URL(gateway.url).port), warned: warnings.promise }
  }

  /** The status of /health for a client that trusts this certificate and no other. */
  const ask = async (port: number, ca: string): Promise<number | undefined> => await new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/health', servername: 'localhost', headers: { host: 'localhost' }, ca, checkServerIdentity: () => undefined, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject).end()
  })

  it('answers whoever trusts its certificate', async () => {
    const { cert, ...files } = await writeCertificate(await temporaryFolder())
    const { gateway, port } = await start(files)
    assert.match(gateway.url, /^https:\/\/127\.0\.0\.1:/)
    assert.equal(await ask(port, cert), 200)
    await assert.rejects(ask(port, (await writeCertificate(await temporaryFolder())).cert))
  })

  it('takes a new certificate when the files change, and keeps the old one where they are wrong', async () => {
    const folder = await temporaryFolder()
    const { cert: first, ...files } = await writeCertificate(folder)
    const { port, warned } = await start(files)
    assert.equal(await ask(port, first), 200)
    await writeFile(files.certFile, 'no certificate')
    assert.match(await warned, /the one before is/)
    assert.equal(await ask(port, first), 200)
    const { cert: second } = await writeCertificate(folder)
    while (await ask(port, second).catch(() => undefined) !== 200) { /* each try waits for a handshake */ }
    await assert.rejects(ask(port, first))
  })

  it('refuses files that are missing, no pair, or a key that everybody can read', async () => {
    const [one, two] = [await writeCertificate(await temporaryFolder()), await writeCertificate(await temporaryFolder())]
    await assert.rejects(start({ ...one, keyFile: '/nonexistent/key.pem' }), { name: 'ListenError', message: /\/nonexistent\/key\.pem.*--http-key/ })
    await assert.rejects(start({ ...one, keyFile: two.keyFile }), { name: 'ListenError', message: /no certificate with its key/ })
    if (process.platform === 'win32') return
    await chmod(one.keyFile, 0o604)
    await assert.rejects(start(one), { name: 'ListenError', message: /chmod 600/ })
  })

  it('stops at once while somebody has a handshake half open', async () => {
    const { gateway, port } = await start(await writeCertificate(await temporaryFolder()))
    const silentOne = connect(port, '127.0.0.1').on('error', () => { /* it is cut */ })
    await once(silentOne, 'connect')
    await gateway.stop()
    running.pop()
    silentOne.destroy()
  })

  it('cuts who speaks no TLS', async () => {
    const { port } = await start(await writeCertificate(await temporaryFolder()))
    const plain = connect(port, '127.0.0.1').on('error', () => { /* it is cut */ })
    plain.write('GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n')
    plain.resume()
    await once(plain, 'close')
  })
})
