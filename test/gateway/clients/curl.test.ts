import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { PERU, threeNodes } from './three-nodes.ts'

const run = promisify(execFile)
const isThere = spawnSync('curl', ['--version']).status === 0

describe('curl, before three daemons', function () {
  this.timeout(60_000)
  if (!isThere) {
    it.skip('is not on this machine')
    return
  }
  const swarm = threeNodes()
  const curl = async (...args: string[]): Promise<string> => (await run('curl', ['--silent', '--show-error', '--no-buffer', ...args])).stdout
  const body = (more: object = {}) => JSON.stringify({ model: 'atlas', temperature: 0, messages: [{ role: 'user', content: PERU.question }], ...more })

  it('gets an answer', async () => {
    const answer = JSON.parse(await curl(`${swarm.http}/v1/chat/completions`, '--json', body())) as { choices: Array<{ message: { content: string } }> }
    assert.equal(answer.choices[0]?.message.content, PERU.answer)
  })

  it('gets a stream that ends with [DONE]', async () => {
    const text = await curl(`${swarm.http}/v1/chat/completions`, '--header', 'content-type: application/json', '--data', body({ stream: true }))
    assert.match(text, /^data: \{/)
    assert.ok(text.endsWith('data: [DONE]\n\n'))
  })

  it('gets the status of a wrong request, and the headers of a right one', async () => {
    assert.equal(await curl('--output', '-', '--write-out', '\n%{http_code}', `${swarm.http}/v1/chat/completions`, '--data', '{}').then((text) => text.split('\n').at(-1)), '400')
    assert.match(await curl('--include', `${swarm.http}/v1/completions`, '--json', '{"prompt":"x","max_tokens":1}'), /^x-shoal-route: \S+\[0:3\] \S+\[3:6\] \S+\[6:8\]\r$/m)
  })

  it('tokenizes and back, and applies the template', async () => {
    const { tokens } = JSON.parse(await curl(`${swarm.http}/tokenize`, '--json', JSON.stringify({ content: PERU.answer }))) as { tokens: number[] }
    assert.deepEqual(JSON.parse(await curl(`${swarm.http}/detokenize`, '--json', JSON.stringify({ tokens }))), { content: PERU.answer })
    const { prompt } = JSON.parse(await curl(`${swarm.http}/apply-template`, '--json', body())) as { prompt: string }
    assert.equal(prompt, `<|im_start|>user\n${PERU.question}<|im_end|>\n<|im_start|>assistant\n`)
  })
})
