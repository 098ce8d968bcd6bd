import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { removeFolders, shoal, temporaryFolder, type Daemon, type Finished } from '../../support/shoal.ts'
import { hear, startHerd, type Heard, type Herd } from '../../support/herd.ts'

const TOKENS = 480
/** In the middle of the answer: it has to take longer than a hand-over. */
const AT = 20
/** What `shoal serve` gives answers by default. */
const DRAIN_TIMEOUT_MS = 30_000

interface Left extends Heard {
  /** From the middle of the answer on. */
  readonly before: readonly string[]
}

/** Asks a long question, and does something to the route in the middle of the answer. */
async function disturbed (herd: Herd, act: (route: readonly string[]) => void = () => undefined): Promise<Left> {
  let before: readonly string[] = []
  const heard = await hear(herd.client.generate({
    modelId: herd.modelId,
    prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Tell me about Germany.' }] },
    maxTokens: TOKENS,
    stop: [],
    sampling: { temperature: 0 },
    wire: 'f32',
    ignoreEos: true
  }), (event, tokens) => {
    if (event.kind === 'started') before = event.route.map(({ peerId }) => peerId)
    if (event.kind === 'token' && tokens === AT) act(before)
  })
  return { ...heard, before }
}

const member = (herd: Herd, peerId: string | undefined): Daemon => {
  const found = herd.members.get(peerId ?? '')
  assert.ok(found !== undefined)
  return found
}

/** The exit code, and how long it took from now on. */
async function exit ({ child }: Daemon): Promise<{ code: number | null, tookMs: number }> {
  const begun = performance.now()
  if (child.exitCode == null) await once(child, 'exit')
  return { code: child.exitCode, tookMs: performance.now() - begun }
}

/** What others see of a node, by `shoal status`: the state of its span. */
async function stateOf (peerId: string, at: Daemon): Promise<string | undefined> {
  const { events } = await shoal(['status', '--json', '--join', at.address], { home: await temporaryFolder() })
  const nodes = events[0]?.nodes as Array<{ peerId: string, spans: Array<{ state: string }> }>
  return nodes.find((node) => node.peerId === peerId)?.spans[0]?.state
}

async function becomes (state: string | undefined, peerId: string, at: Daemon): Promise<void> {
  const deadline = performance.now() + 15_000
  let seen: string | undefined = 'nothing'
  while (performance.now() < deadline) {
    seen = await stateOf(peerId, at)
    if (seen === state) return
  }
  assert.equal(seen, state)
}

const ask = async (http: string, body: object): Promise<Response> => await fetch(`${http}/v1/chat/completions`, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content: 'What is the capital of Peru?' }], temperature: 0, ...body })
})

describe('a node that leaves', function () {
  this.timeout(240_000)

  describe('while others serve the same layers', () => {
    let herd: Herd
    let expected: readonly number[] = []

    before(async () => {
      herd = await startHerd(['0:4', '4:8', '0:4', '4:8'])
      // whoever coordinates has to know who else serves these layers
      for (const { http } of herd.members.values()) {
        for (let known = 0; known < herd.members.size;) {
          known = ((await (await fetch(`${http}/api/swarm`)).json()) as { nodes: unknown[] }).nodes.length
        }
      }
      expected = (await disturbed(herd)).tokens
      assert.equal(expected.length, TOKENS)
    })
    after(async () => {
      await herd.stop()
      await removeFolders()
    })

    it('hands over the answers it works on, and is gone soon after SIGTERM', async () => {
      let ended: ReturnType<typeof exit> | undefined
      const { tokens, route, repairs, before } = await disturbed(herd, ([, tail]) => {
        const node = member(herd, tail)
        node.child.kill('SIGTERM')
        ended = exit(node)
      })
      const [head, tail = ''] = before
      const { code, tookMs } = await ended ?? {}
      assert.deepEqual(tokens, expected)
      assert.deepEqual(repairs.map(({ lost }) => lost.map(({ peerId }) => peerId)), [[tail]])
      assert.ok(!route.includes(tail))
      assert.equal(code, 0)
      assert.ok((tookMs ?? Infinity) < DRAIN_TIMEOUT_MS / 2, `it took ${tookMs} ms`)
      await becomes(undefined, tail, member(herd, head))
      assert.equal(existsSync(join(member(herd, tail).home, 'daemon.json')), false)
      await herd.restart(tail)
    })

    it('stays when it is paused, serves nobody until it is resumed, and still answers its own user', async () => {
      let paused: Promise<Finished> | undefined
      const { tokens, route, before } = await disturbed(herd, ([, tail]) => { paused = shoal(['pause', '--json'], { home: member(herd, tail).home }) })
      const [head, tail = ''] = before
      const node = member(herd, tail)
      const told = await paused
      assert.equal(told?.code, 0, told?.stderr)
      assert.equal(told.events[0]?.event, 'paused')
      assert.deepEqual(tokens, expected)
      assert.ok(!route.includes(tail))
      await becomes('draining', tail, member(herd, head))
      assert.equal(node.child.exitCode, null)
      assert.equal((await shoal(['pause'], { home: node.home })).stdout, 'paused already\n')
      assert.ok(!(await disturbed(herd)).route.includes(tail))

      const own = await ask(node.http, {})
      assert.equal(own.status, 200)
      assert.ok(!own.headers.get('x-shoal-route')?.includes(tail))

      assert.equal((await shoal(['resume'], { home: node.home })).stdout, 'serving again\n')
      await becomes('online', tail, member(herd, head))
      const [other] = [...herd.members.values()].filter(({ peerId, ready }) => peerId !== tail && (ready.span as number[])[0] === 4)
      assert.ok(other !== undefined)
      assert.equal((await shoal(['pause'], { home: other.home })).code, 0)
      assert.ok((await disturbed(herd)).route.includes(tail))
      assert.equal((await shoal(['resume', '--json'], { home: other.home })).events[0]?.changed, true)
    })

    it('ends at once with a drain timeout of 0, and the client goes on at another', async () => {
      let stopped: Promise<Finished> | undefined
      const { tokens, before, route } = await disturbed(herd, ([head]) => { stopped = shoal(['stop', '--drain-timeout', '0', '--json'], { home: member(herd, head).home }) })
      const [head = ''] = before
      assert.deepEqual(tokens, expected)
      assert.ok(!route.includes(head))
      const { code, events } = await stopped ?? {}
      assert.equal(code, 0)
      assert.deepEqual(events?.at(-1), { event: 'stopped', drained: false })
      assert.equal((await exit(member(herd, head))).code, 0)
      await herd.restart(head)
    })

    it('tells HTTP clients when it ends their answers', async () => {
      const [node] = herd.members.values()
      assert.ok(node !== undefined)
      const response = await ask(node.http, { stream: true, ignore_eos: true, max_tokens: 900 })
      const reader = response.body?.getReader()
      assert.ok(reader !== undefined)
      await reader.read()
      const stopped = shoal(['stop', '--drain-timeout', '0'], { home: node.home })
      let text = ''
      for (let part = await reader.read(); !part.done; part = await reader.read()) text += Buffer.from(part.value).toString()
      assert.match(text, /event: error\ndata: .*this node is stopping/)
      assert.ok(text.endsWith('data: [DONE]\n\n'))
      assert.equal((await stopped).code, 0)
      assert.equal((await exit(node)).code, 0)
      await herd.restart(node.peerId)
    })
  })

  describe('while nobody else serves its layers', () => {
    let herd: Herd
    let expected: readonly number[] = []

    before(async () => {
      herd = await startHerd(['0:4', '4:8'])
      expected = (await disturbed(herd)).tokens
    })
    after(async () => {
      await herd.stop()
      await removeFolders()
    })

    for (const [index, stage] of ['head', 'tail'].entries()) {
      it(`finishes its answers as the ${stage}`, async () => {
        let stopped: Promise<Finished> | undefined
        const { tokens, repairs, before } = await disturbed(herd, (route) => { stopped = shoal(['stop', '--json'], { home: member(herd, route[index]).home }) })
        assert.deepEqual(tokens, expected)
        assert.deepEqual(repairs, [])
        const { code, events } = await stopped ?? {}
        assert.equal(code, 0)
        assert.deepEqual(events?.at(-1), { event: 'stopped', drained: true })
        const peerId = before[index] ?? ''
        assert.equal((await exit(member(herd, peerId))).code, 0)
        await herd.restart(peerId)
      })
    }

    it('says how many answers it waits for', async () => {
      const [node] = herd.members.values()
      assert.ok(node !== undefined)
      const response = await ask(node.http, { stream: true, ignore_eos: true, max_tokens: 900 })
      const [{ stdout, stderr, code }, text] = await Promise.all([shoal(['stop'], { home: node.home }), response.text()])
      assert.match(text, /"finish_reason":"length"/)
      assert.deepEqual([code, stdout], [0, 'stopped\n'])
      assert.match(stderr, /waiting for answers: 0 of 1/)
    })
  })
})
