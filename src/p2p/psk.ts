import { BadAddressError } from './errors.ts'

/** libp2p's file format: three lines, the last 32 bytes in hexadecimal. */
const FORMAT = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n[0-9a-fA-F]{64}\s*$/

/** @param where for the error @throws {BadAddressError} */
export function checkedPsk (bytes: Uint8Array, where: string): Uint8Array {
  if (!FORMAT.test(new TextDecoder().decode(bytes))) {
    throw new BadAddressError(`${where} is no swarm key: it has to have the lines /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits`)
  }
  return bytes
}
