// webRTCDirect first: it brings what the certificate's library needs to be there before it
import { webRTCDirect, type TransportCertificate } from '@libp2p/webrtc'
import { createPrivateKey, createPublicKey, KeyObject, X509Certificate } from 'node:crypto'
import { X509CertificateGenerator } from '@peculiar/x509'
import { base64url } from 'multiformats/bases/base64'
import { sha256 } from 'multiformats/hashes/sha2'
import { readIfThere, writePrivateFile } from './private-file.ts'

/** Nobody checks this but for equality: whoever dials knows the certificate's hash from the address. */
const LIFE_YEARS = 20
const PARTS = /^(-----BEGIN PRIVATE KEY-----.+-----END PRIVATE KEY-----)\s+(-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----)\s*$/s

/**
 * WebRTC-direct; its addresses name the hash of its certificate, so a node that is to be found again keeps that in a file.
 * libp2p's own way of keeping one makes a new one every two weeks.
 * @param file absent: a certificate for this run alone
 */
export async function webRtcTransport (file?: string): Promise<ReturnType<typeof webRTCDirect>> {
  return webRTCDirect(file == null ? {} : { certificate: await keptCertificate(file) })
}

async function keptCertificate (file: string): Promise<TransportCertificate> {
  const kept = await opened(new TextDecoder().decode(await readIfThere(file)))
  if (kept != null) {
    return kept
  }
  const text = await newCertificate()
  await writePrivateFile(file, text)
  const made = await opened(text)
  if (made == null) {
    throw new Error('a new WebRTC certificate can\'t be read')
  }
  return made
}

/** Undefined for a file that is damaged: unlike an identity, a certificate can be replaced. */
async function opened (text: string): Promise<TransportCertificate | undefined> {
  const [, privateKey, pem] = PARTS.exec(text) ?? []
  if (privateKey == null || pem == null) {
    return undefined
  }
  try {
    const certificate = new X509Certificate(pem)
    const isPair = certificate.publicKey.equals(createPublicKey(createPrivateKey(privateKey)))
    if (!isPair || Date.parse(certificate.validTo) < Date.now()) {
      return undefined
    }
    return { privateKey, pem, certhash: base64url.encode((await sha256.digest(certificate.raw)).bytes) }
  } catch {
    return undefined
  }
}

/** Private key and certificate, as PEM. */
async function newCertificate (): Promise<string> {
  // WebRTC-direct is over ECDSA with P-256 alone
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const notBefore = new Date()
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notBefore.getUTCFullYear() + LIFE_YEARS)
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: 'CN=shoal', notBefore, notAfter, keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' } }, crypto)
  const privateKey = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString()
  return `${privateKey.trim()}\n${certificate.toString('pem').trim()}\n`
}
