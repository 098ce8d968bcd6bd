import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { BadAddressError } from './errors.ts'
import { readIfThere, writePrivateFile } from './private-file.ts'
import type { PrivateKey } from '@libp2p/interface'

/** The key in a file that only its owner can read; made on first use. @throws {BadAddressError} where the file holds none */
export async function loadIdentity (path: string): Promise<PrivateKey> {
  const bytes = await readIfThere(path)
  if (bytes != null) {
    try {
      return privateKeyFromProtobuf(bytes)
    } catch (error) {
      throw new BadAddressError(`${path} holds no key of a node; move it away to get a new identity`, { cause: error })
    }
  }
  const key = await generateKeyPair('Ed25519')
  await writePrivateFile(path, privateKeyToProtobuf(key))
  return key
}

export const ephemeralIdentity = async (): Promise<PrivateKey> => await generateKeyPair('Ed25519')
