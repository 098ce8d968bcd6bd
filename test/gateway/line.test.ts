import assert from 'node:assert/strict'
import { named } from './fake-generator.ts'
import { chat, chunksOf, gateway } from './gateway.ts'

const path = '/v1/chat/completions'

function held () {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return { hold: promise, go: () => { resolve(undefined) } }
}

/** Reads a stream until it says something, or to its end. */
function reader (response: Response) {
  const decoder = new TextDecoder()
  const source = response.body?.getReader()
  let text = ''
  return {
    async until (what: string): Promise<string> {
      while (!text.includes(what)) {
        const next = await source?.read()
        if (next?.done !== false) throw new Error(`the stream ended without ${what}: ${text}`)
        text += decoder.decode(next.value, { stream: true })
      }
      return text
    },
    async end (): Promise<string> {
      for (let next = await source?.read(); next?.done === false; next = await source?.read()) text += decoder.decode(next.value, { stream: true })
      return text
    },
    cancel: async () => await source?.cancel()
  }
}

describe('the line before the answers', () => {
  it('tells a stream its position, lets it in when another ends, and then where it is answered', async () => {
    const { hold, go } = held()
    const { send, generator } = gateway({ hold }, { atOnce: 1 })
    const first = reader(await send(path, { ...chat, stream: true }))
    await first.until('The ')
    const second = await send(path, { ...chat, stream: true })
    assert.equal(second.headers.get('x-shoal-route'), null)
    const third = reader(await send(path, { ...chat, stream: true }))
    await third.until(': queued 2\n\n')
    assert.equal(generator.requests.length, 1)
    go()
    assert.match(await first.end(), /Lima/)
    const text = await reader(second).end()
    assert.match(text, /^: queued 1\n\n: x-shoal-route first\[0:4\] second\[4:8\]\n\ndata: /)
    assert.equal(chunksOf(text).map((chunk) => (chunk.choices[0].delta.content ?? '') as string).join(''), 'The capital is Lima.')
    assert.match(await third.end(), /: queued 2\n\n: queued 1\n\n: x-shoal-route /)
    assert.equal(generator.most, 1)
  })

  it('lets a whole answer wait without a word', async () => {
    const { hold, go } = held()
    const { send, ask, generator } = gateway({ hold }, { atOnce: 1 })
    const first = reader(await send(path, { ...chat, stream: true }))
    await first.until('The ')
    const second = ask('/v1/completions', { prompt: 'x' })
    go()
    await first.end()
    assert.equal((await second).status, 200)
    assert.equal(generator.most, 1)
  })

  it('refuses with 429 and Retry-After what is beyond its bound', async () => {
    const { hold, go } = held()
    const { send, ask } = gateway({ hold }, { atOnce: 1, waiting: 0 })
    const first = reader(await send(path, { ...chat, stream: true }))
    await first.until('The ')
    for (const stream of [true, false]) {
      const { status, headers, json } = await ask(path, { ...chat, stream })
      assert.equal(status, 429)
      assert.ok(Number(headers.get('retry-after')) >= 1)
      assert.equal(json.error.code, 'queue_full')
      assert.equal(json.error.type, 'rate_limit_error')
    }
    go()
    await first.end()
    assert.equal((await ask(path, chat)).status, 200)
  })

  it('waits while the swarm has no room, and tries again when an answer ends', async () => {
    const { hold, go } = held()
    const { send, generator } = gateway({ hold, room: 1 })
    const first = reader(await send(path, { ...chat, stream: true }))
    await first.until('The ')
    const others = await Promise.all([1, 2, 3].map(async () => reader(await send(path, { ...chat, stream: true }))))
    await Promise.all(others.map(async (other) => await other.until(': queued')))
    go()
    for (const other of [first, ...others]) assert.match(await other.end(), /Lima/)
    assert.equal(generator.most, 1)
  })

  it('gives up when there was no room in time', async () => {
    const { ask } = gateway({ refuse: named('NoCapacityError', 'all slots are taken', { retryAfterMs: 1 }) }, { waitMs: 100 })
    const { status, json } = await ask(path, chat)
    assert.equal(status, 429)
    assert.equal(json.error.code, 'no_capacity')
    const { text } = await ask(path, { ...chat, stream: true })
    assert.match(text, /^: queued 1\n\n[^]*event: error\ndata: \{"error":\{"message":"all slots are taken"[^]*\[DONE\]\n\n$/)
  })

  it('does not wait where waiting does not help', async () => {
    for (const name of ['UncoveredError', 'PeerFaultError', 'ContextLengthError']) {
      const { ask, generator } = gateway({ refuse: named(name, 'no') })
      assert.notEqual((await ask(path, chat)).status, 200)
      assert.equal(generator.requests.length, 1)
    }
  })

  for (const stream of [true, false]) {
    it(`forgets a client of ${stream ? 'a stream' : 'a whole answer'} that goes away while it waits`, async () => {
      const { hold, go } = held()
      const { send, generator } = gateway({ hold }, { atOnce: 1, waiting: 1 })
      const first = reader(await send(path, { ...chat, stream: true }))
      await first.until('The ')
      const controller = new AbortController()
      const waiting = send(path, { ...chat, stream }, { signal: controller.signal })
      if (stream) await reader(await waiting).cancel()
      else {
        const gone = assert.rejects(async () => { if ((await waiting).status !== 200) throw new Error('refused') })
        controller.abort()
        await gone
      }
      // its place in the line is free
      const next = reader(await send(path, { ...chat, stream: true }))
      await next.until(': queued 1')
      go()
      await Promise.all([first.end(), next.end()])
      assert.equal(generator.requests.length, 2)
    })
  }

  it('takes the place of a client that does not read', async () => {
    const { send, ask, generator } = gateway({ pieces: Array.from({ length: 50 }, () => 'word ') }, { atOnce: 1, stalledMs: 20 })
    const first = await send(path, { ...chat, stream: true })
    assert.equal((await ask(path, chat)).status, 200)
    assert.equal(generator.cancelled, 1)
    await assert.rejects(reader(first).end(), /reads nothing/)
  })

  it('counts the choices of one request one by one, and lets no choice of an answer that began fail at the bound', async () => {
    const { ask, generator } = gateway({}, { atOnce: 2, waiting: 0, choicesAtOnce: 3 })
    const { status, json } = await ask(path, { ...chat, n: 7 })
    assert.equal(status, 200)
    assert.equal(json.choices.length, 7)
    assert.equal(generator.most, 2)
  })

  it('makes the choices of a stream side by side', async () => {
    const { ask, generator } = gateway({}, { choicesAtOnce: 3 })
    const { text } = await ask(path, { ...chat, n: 4, stream: true, stream_options: { include_usage: true } })
    const chunks = chunksOf(text)
    for (const index of [0, 1, 2, 3]) {
      const mine = chunks.flatMap(({ choices }) => choices as Array<{ index: number, delta: { content?: string }, finish_reason: string | null }>).filter((choice) => choice.index === index)
      assert.equal(mine.map(({ delta }) => delta.content ?? '').join(''), 'The capital is Lima.')
      assert.equal(mine.at(-1)?.finish_reason, 'stop')
    }
    assert.equal(chunks.at(-1).usage.completion_tokens, 12)
    assert.equal(generator.most, 3)
  })

  it('closes: whoever waits is told so, whoever is answered is answered', async () => {
    const { hold, go } = held()
    const { send, ask, close } = gateway({ hold }, { atOnce: 1 })
    const first = reader(await send(path, { ...chat, stream: true }))
    await first.until('The ')
    const waiting = reader(await send(path, { ...chat, stream: true }))
    await waiting.until(': queued 1')
    close()
    assert.match(await waiting.end(), /"code":"stopping"[^]*\[DONE\]/)
    const { status, headers } = await ask(path, chat)
    assert.equal(status, 503)
    assert.equal(headers.get('retry-after'), '5')
    go()
    assert.match(await first.end(), /Lima/)
  })
})

describe('a prompt that can not fit', () => {
  const long = 'x'.repeat(70_000)
  const cases: Array<[string, string, object, string]> = [
    ['a text', '/v1/completions', { prompt: long }, 'prompt'],
    ['messages', path, { messages: [{ role: 'user', content: long }] }, 'messages'],
    ['the arguments of a call', path, { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: JSON.stringify({ long }) } }] }] }, 'messages'],
    ['tools', path, { ...chat, tools: [{ type: 'function', function: { name: 'f', description: long } }] }, 'messages'],
    ['ids', '/v1/completions', { prompt: Array.from({ length: 1025 }, () => 1) }, 'prompt'],
    ['the text of an embedding', '/v1/embeddings', { input: ['a', long] }, 'input']
  ]
  for (const [what, at, body, param] of cases) {
    it(`is refused before it waits: ${what}`, async () => {
      const { ask, generator } = gateway()
      const { status, json } = await ask(at, body)
      assert.deepEqual([status, json.error.code, json.error.param], [400, 'context_length_exceeded', param])
      assert.equal(generator.requests.length, 0)
    })
  }

  it('has a limit of its own where the context is not known', async () => {
    const models = [{ name: 'atlas', modelId: 'bafyatlas', createdS: 0 }]
    assert.equal((await gateway({ models }, { maxPromptCharacters: 10 }).ask('/v1/completions', { prompt: 'x'.repeat(11) })).json.error.code, 'context_length_exceeded')
    assert.equal((await gateway({ models }, { maxPromptCharacters: 10 }).ask('/v1/completions', { prompt: 'x'.repeat(10) })).status, 200)
  })

  it('names the field of each endpoint where only the coordinator can tell', async () => {
    const refuse = named('ContextLengthError', 'too long')
    assert.equal((await gateway({ refuse }).ask('/v1/completions', { prompt: 'x' })).json.error.param, 'prompt')
    assert.equal((await gateway({ refuse }).ask(path, chat)).json.error.param, 'messages')
  })
})
