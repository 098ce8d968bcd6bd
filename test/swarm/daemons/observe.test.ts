import assert from 'node:assert/strict'
import { daemon, removeFolders, shoal, temporaryFolder, type Daemon, type Json } from '../../support/shoal.ts'

interface Hop { readonly peerId: string, readonly span: number[], readonly laps: number, readonly computeMs: number, readonly bytesSent: number }

/** Nothing like it is in any model's mouth; its bytes are looked for as text, base64 and hex. */
const MARKER = 'zqxj-heptagonal-marmalade-7731'

describe('what can be seen of a node at work', function () {
  this.timeout(120_000)
  let nodes: Daemon[] = []
  const first = (): Daemon => nodes[0] ?? assert.fail('no node')

  before(async () => {
    const one = await daemon(['--layers', '0:4', '--threads', '1', '--log-level', 'trace'])
    nodes = [one, await daemon(['--layers', '4:8', '--threads', '1', '--log-level', 'trace', '--join', one.address])]
  })

  after(async () => {
    await Promise.all(nodes.map(async ({ stop }) => await stop()))
    await removeFolders()
  })

  const numbers = async (): Promise<Map<string, number>> => samples(await (await fetch(`${first().http}/metrics`)).text())
  const ask = async (prompt: string, ...more: string[]) =>
    await shoal(['ask', prompt, '--temperature', '0', '--join', first().address, ...more], { home: await temporaryFolder() })
  const chat = async (content: string): Promise<Response> => await fetch(`${first().http}/v1/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ messages: [{ role: 'user', content }], temperature: 0, max_tokens: 12 })
  })

  it('`shoal ask --explain` says where the time went, stage by stage', async () => {
    const { code, stdout, stderr } = await ask('What is the capital of Peru?', '--explain')
    assert.equal(code, 0, stderr)
    assert.equal(stdout, 'The capital of Peru is Lima.\n')
    assert.match(stderr, /first token after [\d.]+ ms: [\d.]+ ms to find and open the route, [\d.]+ ms for the prompt/)
    assert.match(stderr, /MEAN LAP +COMPUTE +QUEUE +SEND +SUM +SHARE +SENT/)
    for (const { peerId } of nodes) assert.match(stderr, new RegExp(`…${peerId.slice(-8)} \\d:\\d +[\\d.]+ ms +[\\d.]+ ms +[\\d.]+ ms +[\\d.]+ ms +\\d+ %`))
    assert.match(stderr, /network and waiting +[\d.]+ ms +\d+ %/)
  })

  it('tells in `done` what each stage measured, and with --json --explain how it adds up', async () => {
    const { events } = await ask('What is the capital of Peru?', '--json', '--explain')
    const done = events.at(-1) ?? {}
    const hops = done.hops as Hop[]
    const { completionTokens } = done.usage as { completionTokens: number }
    assert.deepEqual(hops.map(({ peerId, span }) => [peerId, span]), nodes.map(({ peerId }, index) => [peerId, index === 0 ? [0, 4] : [4, 8]]))
    for (const { laps, computeMs, bytesSent } of hops) assert.ok(laps > completionTokens && computeMs > 0 && bytesSent > 0)
    const { lap } = done.explained as { lap: { totalMs: number, restMs: number, hops: Array<{ computeMs: number }> } }
    assert.ok(lap.totalMs > 0 && lap.restMs >= 0 && lap.hops.every(({ computeMs }) => computeMs > 0 && computeMs <= lap.totalMs))
  })

  it('`shoal trace` lists the last answers and shows one of them, by its request and by its session', async () => {
    const response = await chat('What is the capital of Peru?')
    const requestId = response.headers.get('x-shoal-request-id') ?? ''
    await response.text()
    const listed = await shoal(['trace', '--json'], { home: first().home })
    const trace = listed.events.find((each) => each.requestId === requestId)
    assert.ok(trace !== undefined, listed.stderr)
    assert.equal(trace.state, 'done')
    assert.equal((trace.hops as Hop[]).length, 2)
    for (const id of [requestId, String(trace.sessionId), String(trace.sessionId).slice(0, 8)]) {
      const { code, stdout } = await shoal(['trace', id], { home: first().home })
      assert.equal(code, 0)
      assert.ok(stdout.includes(String(trace.sessionId)) && stdout.includes('MEAN LAP'), stdout)
    }
    const table = await shoal(['trace'], { home: first().home })
    assert.match(table.stdout, new RegExp(`^STARTED[^]*${requestId.slice(0, 16)}`))
    const unknown = await shoal(['trace', 'nonsense'], { home: first().home })
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /remembers no answer nonsense/)
  })

  it('counts what it does: numbers move with an answer', async () => {
    const before = await numbers()
    const body = await (await chat('What is the capital of Peru?')).json() as { usage: { prompt_tokens: number, completion_tokens: number } }
    const after = await numbers()
    const grew = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    assert.equal(grew('shoal_completion_tokens_total'), body.usage.completion_tokens)
    assert.equal(grew('shoal_prompt_tokens_total'), body.usage.prompt_tokens)
    assert.equal(grew('shoal_answers_total{finish="stop"}') + grew('shoal_answers_total{finish="length"}'), 1)
    assert.equal(grew('shoal_time_to_first_token_seconds_count'), 1)
    assert.equal(grew('shoal_time_between_tokens_seconds_count'), body.usage.completion_tokens - 1)
    assert.equal(grew('shoal_http_requests_total{route="/v1/chat/completions",method="POST",status="200"}'), 1)
    for (const name of [
      'shoal_stage_laps_total{phase="decode"}', 'shoal_stage_laps_total{phase="prefill"}', 'shoal_stage_compute_seconds_sum{phase="decode"}', 'shoal_stage_queue_seconds_count{phase="decode"}',
      'shoal_stage_send_seconds_sum{phase="decode"}', 'shoal_engine_run_seconds_count', 'shoal_engine_batch_sessions_sum', 'shoal_route_open_seconds_count',
      'shoal_link_bytes_total{protocol="ring",direction="sent"}', 'shoal_link_bytes_total{protocol="ring",direction="received"}'
    ]) assert.ok(grew(name) > 0, `${name} did not move`)
    assert.equal(after.get('shoal_swarm_nodes'), 1)
    assert.equal(after.get('shoal_node_online'), 1)
    assert.equal(after.get('shoal_node_layers'), 4)
    assert.equal(after.get('shoal_model_missing_layers'), 0)
    assert.ok((after.get('shoal_dht_peers') ?? 0) >= 1 && (after.get('shoal_swarm_peers') ?? 0) >= 1)
    assert.ok((after.get('shoal_kv_slots{state="free"}') ?? 0) > 0 && (after.get('shoal_disk_weights_bytes') ?? 0) > 0 && (after.get('shoal_disk_free_bytes') ?? 0) > 0)
    assert.ok((after.get('process_resident_memory_bytes') ?? 0) > 0)
  })

  it('tells its page of an answer that a program elsewhere asked for', async () => {
    const { events } = await ask('What is the capital of Peru?', '--json')
    const usage = events.at(-1)?.usage as { completionTokens: number }
    const stream = await fetch(`${first().http}/api/events`)
    const reader = stream.body?.getReader() ?? assert.fail('no stream')
    const { value } = await reader.read()
    await reader.cancel()
    const [, hello = ''] = /^data: (.*)$/m.exec(Buffer.from(value ?? []).toString()) ?? []
    const { sessions } = JSON.parse(hello) as { sessions: Json[] }
    const { state, tokens, route } = sessions.at(-1) ?? {}
    assert.deepEqual([state, tokens, (route as Hop[]).map(({ peerId }) => peerId)], ['done', usage.completionTokens, nodes.map(({ peerId }) => peerId)])
  })

  it('names requests and sessions in its log, through gateway, coordinator and stages', async () => {
    const response = await chat('What is the capital of Peru?')
    const requestId = response.headers.get('x-shoal-request-id') ?? ''
    await response.text()
    const lines = (index: number): Json[] => (nodes[index]?.stderr() ?? '').split('\n').flatMap((line) => line.startsWith('{') ? [JSON.parse(line) as Json] : [])
    const begun = lines(0).find((line) => line.requestId === requestId && line.msg === 'an answer begins')
    assert.ok(begun !== undefined)
    assert.ok(lines(0).some((line) => line.sessionId === begun.sessionId && line.msg === 'an answer is done'))
    for (const index of [0, 1]) assert.ok(lines(index).some((line) => line.sessionId === begun.sessionId && line.msg === 'a session is opened here'), `node ${index}`)
    assert.ok(lines(0).some((line) => line.requestId === requestId && line.msg === 'request' && line.status === 200))
  })

  it('says nothing of what is asked and answered, at the finest level: no text, no ids, in no writing', async () => {
    const { events, code } = await ask(`Say ${MARKER}.`, '--json', '--max-tokens', '8')
    assert.equal(code, 0)
    await (await chat(MARKER)).text()
    await (await fetch(`${first().http}/v1/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: MARKER, max_tokens: 4, stream: true }) })).text()
    // one that fails, too
    await (await fetch(`${first().http}/v1/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ prompt: MARKER.repeat(400), max_tokens: 4 }) })).text()
    const { tokens } = await (await fetch(`${first().http}/tokenize`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ content: MARKER }) })).json() as { tokens: number[] }
    const answered = events.at(-1)?.tokens as number[]
    const logs = nodes.map((node) => node.stderr()).join('\n')
    assert.ok(logs.includes('an answer is done'))
    const forbidden = [MARKER, ...[tokens, answered].flatMap((ids) => [ids.join(','), ids.join(', '), ...idBytes(ids)]), ...writings(Buffer.from(MARKER)), 'Peru', 'Lima']
    for (const text of forbidden) assert.ok(text.length > 3 && !logs.toLowerCase().includes(text.toLowerCase()), `the log has ${text}`)
  })
})

/** Samples of the text format by name and labels. */
function samples (text: string): Map<string, number> {
  return new Map(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const at = line.lastIndexOf(' ')
    return [line.slice(0, at), Number(line.slice(at + 1))]
  }))
}

/** Base64 at any of the three offsets, without what depends on its neighbours, and hex. */
const writings = (bytes: Buffer): string[] => [
  ...[0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64').replace(/=+$/, '').slice(offset === 0 ? 0 : 4, -4)),
  bytes.toString('hex')
]

const idBytes = (ids: readonly number[]): string[] => writings(Buffer.from(Uint32Array.from(ids).buffer))
