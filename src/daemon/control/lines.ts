import type { Socket } from 'node:net'

/** Lines as they come in; the socket stays open when nobody reads on. @throws {RangeError} for one that is too long @throws what breaks the connection */
export async function * linesOf (socket: Socket, maxBytes: number): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  const chunks: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> } // no encoding is set
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      if (end > maxBytes) break
      yield rest.subarray(0, end).toString()
      rest = rest.subarray(end + 1)
    }
    if (rest.length > maxBytes) throw new RangeError(`a line of more than ${maxBytes} bytes`)
  }
}
