import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { BadAddressError } from './errors.ts'
import type { PrivateKey } from '@libp2p/interface'

/** The key in a file that only its owner can read; made on first use. @throws {BadAddressError} where the file holds none */
export async function loadIdentity (path: string): Promise<PrivateKey> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error
    }
  })
  if (bytes != null) {
    try {
      return privateKeyFromProtobuf(bytes)
    } catch (error) {
      throw new BadAddressError(`${path} holds no key of a node; move it away to get a new identity`, { cause: error })
    }
  }
  const key = await generateKeyPair('Ed25519')
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.tmp`
  await writeFile(aside, privateKeyToProtobuf(key), { mode: 0o600 })
  await chmod(aside, 0o600)
  await rename(aside, path)
  return key
}

export const ephemeralIdentity = async (): Promise<PrivateKey> => await generateKeyPair('Ed25519')
