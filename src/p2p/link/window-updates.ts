import type { Stream } from '@libp2p/interface'

/** What of a stream of `@libp2p/yamux` (8.0.3) is used here. */
interface YamuxWindow {
  readonly state: number
  /** Bytes that the sender may have under way, and how many of them it has not used. */
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate (): void
}

/** State of a stream that both sides have agreed to, and neither has ended or paused. */
const ESTABLISHED = 3

const isYamux = (stream: object): stream is YamuxWindow => 'sendWindowUpdate' in stream && 'recvWindow' in stream && 'recvWindowCapacity' in stream

/**
 * Tells the sender that it may send more when half of the window is used, not behind every frame: an update is a packet, encrypted and
 * decrypted, and a token's frame would be followed by one at every hop. A stream of another muxer is left as it is.
 */
export function fewerWindowUpdates (stream: Stream): void {
  if (!isYamux(stream)) return
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    // one that opens the stream carries its acknowledgement
    if (stream.state !== ESTABLISHED || stream.recvWindowCapacity <= stream.recvWindow / 2) update()
  }
}
