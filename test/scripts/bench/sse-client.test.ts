import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { AnswerError, stream } from '../../../scripts/bench/sse-client.ts'

describe('stream', () => {
  let server: Server
  let answer: RequestListener
  let url: string
  before(async () => {
    server = createServer((request, response) => { answer(request, response) }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  })
  after(() => { server.close() })

  const chunk = (text: string): string => `data: ${JSON.stringify({ choices: [{ text, finish_reason: null }], usage: null })}\n\n`
  const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 4, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } } })}\n\n`
  const fault = (error: unknown): Pick<AnswerError, 'name' | 'status' | 'code' | 'retryAfterMs'> => {
    assert.ok(error instanceof AnswerError)
    const { name, status, code, retryAfterMs } = error
    return { name, status, code, retryAfterMs }
  }

  it('notes each piece of text once, however the bytes are cut', async () => {
    const whole = Buffer.from(`: waiting\n\n${chunk('é')}${chunk('')}${chunk('b')}${usage}data: [DONE]\n\n`)
    answer = (_request, response) => {
      response.setHeader('x-shoal-route', 'P[0:8]')
      // in the middle of é, and of an event
      for (const [from, to] of [[0, 35], [35, 90], [90, whole.length]] as const) response.write(whole.subarray(from, to))
      response.end()
    }
    const { arrivals, promptTokens, completionTokens, cachedTokens, route } = await stream(url, {})
    assert.deepEqual([arrivals.length, promptTokens, completionTokens, cachedTokens, route], [2, 4, 3, 2, 'P[0:8]'])
  })

  it('notes a token without text where log-probabilities tell of it', async () => {
    answer = (_request, response) => {
      const silent = `data: ${JSON.stringify({ choices: [{ text: '', logprobs: { tokens: [''] }, finish_reason: null }], usage: null })}\n\n`
      response.end(`${chunk('a')}${silent}${chunk('')}${usage}data: [DONE]\n\n`)
    }
    assert.equal((await stream(url, { logprobs: 0 })).arrivals.length, 2)
  })

  it('says when to come again where there is no capacity', async () => {
    answer = (_request, response) => {
      response.writeHead(429, { 'retry-after': '2' })
      response.end('{"error":{"message":"full","code":"no_capacity"}}')
    }
    await assert.rejects(stream(url, {}), (error) => {
      assert.deepEqual(fault(error), { name: 'AnswerError', status: 429, code: 'no_capacity', retryAfterMs: 2000 })
      return true
    })
  })

  it('takes an error in the stream, and a stream that just stops, for errors', async () => {
    answer = (_request, response) => { response.end(`${chunk('a')}event: error\ndata: {"error":{"message":"gone","code":"peer_fault"}}\n\ndata: [DONE]\n\n`) }
    await assert.rejects(stream(url, {}), { name: 'AnswerError', code: 'peer_fault', message: 'gone' })
    answer = (_request, response) => { response.end(chunk('a')) }
    await assert.rejects(stream(url, {}), /ended without saying so/)
  })
})
