/** A gateway without a socket, before a generator that answers all alike. */
import assert from 'node:assert/strict'
import { gatewayApp, type AppInit } from '../../src/gateway/index.ts'
import { fakeGenerator, silent, type FakeGenerator, type FakeInit } from './fake-generator.ts'

export interface Asked { status: number, headers: Headers, json: any, text: string } // eslint-disable-line @typescript-eslint/no-explicit-any -- a response body is looked at field by field

export const chat = { model: 'atlas', messages: [{ role: 'user', content: 'Capital of Peru?' }] }

export function gateway (init: FakeInit = {}, { ready = true, ...app }: Partial<AppInit> & { ready?: boolean } = {}) {
  const generator: FakeGenerator = fakeGenerator(init)
  const { app: hono, close } = gatewayApp({ generator, logger: silent, swarm: () => ({ nodes: [] }), ready: () => ready }, { host: '127.0.0.1', ...app })
  const send = async (path: string, body?: unknown, { method = body === undefined ? 'GET' : 'POST', headers = {}, signal }: { method?: string, headers?: Record<string, string>, signal?: AbortSignal } = {}): Promise<Response> =>
    await hono.request(`http://127.0.0.1:8484${path}`, {
      method,
      headers: { host: '127.0.0.1:8484', ...headers },
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    }, {})
  const ask = async (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Asked> => {
    const response = await send(path, body, { headers })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
  }
  return { generator, ask, send, hono, close }
}

/** The chunks of a stream, checked to end with [DONE]. */
export function chunksOf (text: string): any[] { // eslint-disable-line @typescript-eslint/no-explicit-any -- chunks are looked at field by field
  const events = text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'))
  assert.equal(events.pop(), 'data: [DONE]')
  return events.flatMap((event) => event.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as unknown))
}
