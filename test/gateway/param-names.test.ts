import assert from 'node:assert/strict'
import { named } from './fake-generator.ts'
import { chat, gateway } from './gateway.ts'

const bodies = {
  '/v1/chat/completions': chat,
  '/v1/completions': { prompt: 'x' },
  '/v1/responses': { input: 'x' },
  '/v1/embeddings': { input: 'x' }
} as const
type Path = keyof typeof bodies

describe('what only the coordinator finds wrong', () => {
  const cases: ReadonlyArray<readonly [path: Path, field: string | undefined, param: string | null]> = [
    ['/v1/chat/completions', 'prompt', 'messages'],
    ['/v1/chat/completions', 'format', 'response_format'],
    ['/v1/chat/completions', 'tools', 'tools'],
    ['/v1/chat/completions', 'toolChoice', 'tool_choice'],
    ['/v1/chat/completions', 'logitBias', 'logit_bias'],
    ['/v1/completions', 'prompt', 'prompt'],
    ['/v1/completions', 'format', 'response_format'],
    ['/v1/completions', 'logitBias', 'logit_bias'],
    ['/v1/responses', 'prompt', 'input'],
    ['/v1/responses', 'format', 'text.format'],
    ['/v1/responses', 'tools', 'tools'],
    ['/v1/embeddings', 'prompt', 'input'],
    ['/v1/embeddings', 'embed', 'pooling'],
    // of a later version, of one who means ill, and of an earlier version
    ['/v1/chat/completions', 'temper', null],
    ['/v1/chat/completions', '__proto__', null],
    ['/v1/chat/completions', undefined, null]
  ]
  for (const [path, field, param] of cases) {
    it(`is ${param === null ? 'no field' : `'${param}'`} of ${path} where it says ${field ?? 'nothing'}`, async () => {
      const refuse = named('RequestError', 'no model takes this', field === undefined ? {} : { field })
      for (const more of path === '/v1/embeddings' ? [{}] : [{}, { stream: true }]) {
        const { status, json } = await gateway({ refuse }).ask(path, { ...bodies[path], ...more })
        assert.equal(status, 400)
        assert.deepEqual(json.error, { message: 'no model takes this', type: 'invalid_request_error', code: 'invalid_value', param })
      }
    })
  }

  it('is named in a stream that began too', async () => {
    const { text } = await gateway({ fail: named('RequestError', 'no', { field: 'logitBias' }) }).ask('/v1/completions', { prompt: 'x', stream: true })
    assert.match(text, /event: error\ndata: \{"error":\{"message":"no","type":"invalid_request_error","code":"invalid_value","param":"logit_bias"\}\}\n\ndata: \[DONE\]\n\n$/)
  })
})
