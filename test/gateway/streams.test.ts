import assert from 'node:assert/strict'
import { startGateway, type Gateway } from '../../src/gateway/index.ts'
import { fakeGenerator, named, silent } from './fake-generator.ts'

const STREAMS = 100
const TOKENS = 200

describe('many streams on a socket', () => {
  let running: Gateway | undefined

  afterEach(async () => { await running?.stop({ signal: AbortSignal.abort() }) })

  const start = async (fail?: Error): Promise<string> => {
    const pieces = Array.from({ length: TOKENS }, (_, index) => `${index} `)
    running = await startGateway({ generator: fakeGenerator({ pieces, room: 40, ...(fail == null ? {} : { fail }) }), logger: silent, swarm: () => ({}), ready: () => true }, { host: '127.0.0.1', port: 0, atOnce: 60 })
    return running.url
  }
  const stream = async (url: string): Promise<string> => {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ stream: true, messages: [{ role: 'user', content: 'x' }] })
    })
    return await response.text()
  }
  const data = (text: string): string[] => text.split('\n\n').flatMap((event) => /^data: (.*)$/m.exec(event)?.[1] ?? [])

  it(`${STREAMS} at once, beyond what there is room for, lose no token and end as they should`, async () => {
    const url = await start()
    const texts = await Promise.all(Array.from({ length: STREAMS }, async () => await stream(url)))
    for (const text of texts) {
      const events = data(text)
      assert.equal(events.at(-1), '[DONE]')
      const chunks = events.slice(0, -1).map((event) => JSON.parse(event) as { choices: Array<{ delta: { content?: string }, finish_reason: string | null }> })
      assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), Array.from({ length: TOKENS }, (_, index) => `${index} `).join(''))
      assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop')
    }
  })

  it(`${STREAMS} that fail are all told so`, async () => {
    const url = await start(named('PeerFaultError', 'a stage went silent'))
    for (const text of await Promise.all(Array.from({ length: STREAMS }, async () => await stream(url)))) {
      assert.match(text, /event: error\ndata: \{"error":\{"message":"a stage went silent"[^\n]*\n\ndata: \[DONE\]\n\n$/)
    }
  })
})
