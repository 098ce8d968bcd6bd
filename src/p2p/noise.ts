import { noise } from '@libp2p/noise'
import type { Uint8ArrayList } from 'uint8arraylist'

/** What of a secured connection of `@libp2p/noise` (17.0.3) is used here. */
interface NoiseConnection {
  readonly decoder: { lengthDecoder (data: Uint8ArrayList): number }
}

const LENGTH_BYTES = 2
const INCOMPLETE = new RangeError('the length of a message is not whole yet')

const isNoise = (connection: object): connection is NoiseConnection => 'decoder' in connection

/** What comes in ends with an incomplete length each time: libp2p makes an error of it, with a stack, and drops that. One error is enough. */
function oneError (connection: object): void {
  if (!isNoise(connection)) return
  connection.decoder.lengthDecoder = (data) => {
    if (data.byteLength < LENGTH_BYTES) throw INCOMPLETE
    return data.get(0) << 8 | data.get(1)
  }
}

/** Noise, without an error made for every message. */
export function quickNoise (): ReturnType<typeof noise> {
  return (components) => {
    const encrypter = noise()(components)
    for (const name of ['secureInbound', 'secureOutbound'] as const) {
      const secure = encrypter[name].bind(encrypter)
      encrypter[name] = async (connection, options) => {
        const secured = await secure(connection, options)
        oneError(secured.connection)
        return secured
      }
    }
    return encrypter
  }
}
