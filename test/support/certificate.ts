// first: it brings what the certificate's library needs to be there before it
import '@libp2p/webrtc'
import { KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { X509CertificateGenerator } from '@peculiar/x509'

export interface TestCertificate {
  readonly certFile: string
  readonly keyFile: string
  /** PEM, to be trusted by a client. */
  readonly cert: string
}

/** A self-signed certificate of localhost and its key as `cert.pem` and `key.pem` in a folder; another one each time. */
export async function writeCertificate (folder: string): Promise<TestCertificate> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const notBefore = new Date(Date.now() - 60_000)
  const notAfter = new Date(Date.now() + 3_600_000)
  const made = await X509CertificateGenerator.createSelfSigned({ name: 'CN=localhost', notBefore, notAfter, keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } }, crypto)
  const [certFile, keyFile, cert] = [join(folder, 'cert.pem'), join(folder, 'key.pem'), made.toString('pem')]
  await writeFile(certFile, cert)
  await writeFile(keyFile, KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return { certFile, keyFile, cert }
}
