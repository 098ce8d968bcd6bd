import type { Readable } from 'node:stream'

/** All of a stream as text, byte for byte. */
export async function readAll (stream: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = []
  const stop = (): void => { stream.destroy(signal.reason instanceof Error ? signal.reason : undefined) }
  signal.addEventListener('abort', stop, { once: true })
  for await (const chunk of stream) {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk as Uint8Array) // a stream without an encoding
  }
  signal.removeEventListener('abort', stop)
  return Buffer.concat(chunks).toString('utf8')
}
