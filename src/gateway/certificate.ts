/** A certificate and its key in files, as whoever renews them leaves them there. */
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { ListenError } from './errors.ts'

export interface CertificateFiles {
  /** PEM: the certificate, and those of who signed it. */
  readonly certFile: string
  readonly keyFile: string
}

export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

/** Both change within moments of each other. */
const LOOK_EVERY_MS = 2000
const OTHERS = 0o007

const reason = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** @throws {ListenError} they can't be read or don't belong together, or everybody on this machine can read the key */
export async function loadCertificate ({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const read = async (file: string): Promise<Buffer> => await readFile(file).catch((error: unknown) => {
    throw new ListenError(`the file ${file} of --http-cert or --http-key can't be read: ${reason(error)}`, { cause: error })
  })
  const [cert, key] = [await read(certFile), await read(keyFile)]
  // a group of programs that need it is usual
  if (process.platform !== 'win32' && ((await stat(keyFile)).mode & OTHERS) !== 0) {
    throw new ListenError(`everybody on this machine can use the TLS key ${keyFile}: run chmod 600 ${keyFile}`)
  }
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new ListenError(`${certFile} and ${keyFile} are no certificate with its key, both as PEM: ${reason(error)}`, { cause: error })
  }
  return { cert, key }
}

export interface CertificateWatchInit {
  onChange (certificate: Certificate): void
  /** The files changed and are wrong: the ones before go on being used. */
  onError (error: unknown): void
  /** @default 2,000 */
  readonly lookEveryMs?: number | undefined
}

/** Looks whether the files changed, also behind links, where no system tells. Call what comes back to end it. */
export function watchCertificate (files: CertificateFiles, { onChange, onError, lookEveryMs = LOOK_EVERY_MS }: CertificateWatchInit): () => void {
  const state = async (): Promise<string> => (await Promise.all([files.certFile, files.keyFile].map(async (file) => {
    const { mtimeMs, ctimeMs, ino, size } = await stat(file)
    return [mtimeMs, ctimeMs, ino, size].join(' ')
  }).map(async (one) => await one.catch(reason)))).join('; ')
  let before: string | undefined
  let looking = false

  const look = async (): Promise<void> => {
    const found = await state()
    const changed = before != null && found !== before
    before = found
    if (changed) onChange(await loadCertificate(files))
  }
  const start = (): void => {
    if (looking) return
    looking = true
    look().catch(onError).finally(() => { looking = false })
  }
  start()
  const timer = setInterval(start, lookEveryMs)
  timer.unref()
  return () => { clearInterval(timer) }
}
