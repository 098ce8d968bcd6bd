/**
 * Decode speed of SmolLM2-135M, one thread a process: llama.cpp, one Shoal node, two Shoal nodes on loopback. Interleaved
 * rounds in one run, all warm, 64 tokens after the first, end of text banned. Speeds are read at the client: gaps between
 * the streamed tokens of the HTTP gateway, so they hold everything that a user waits for.
 */
import { cp } from 'node:fs/promises'
import { daemon, shoal, temporaryFolder, type Daemon } from '../../test/support/shoal.ts'
import { smollm2Path } from '../../test/support/smollm2.ts'
import { median, spread, type Row } from './table.ts'

const PROMPT = 'The quick brown fox jumps over the lazy dog, and then'
const TOKENS = 64
const ROUNDS = 5
const END_OF_TEXT = 2
/** A variable, so that the types are not looked for where only the benchmark has them. */
const YARDSTICK: string = 'node-llama-cpp'

type Decoder = () => Promise<number>

async function llamaCpp (): Promise<{ decode: Decoder, close: () => Promise<void> }> {
  // the yardstick is installed apart from the project, so its types are not here
  const { getLlama } = await import(YARDSTICK) as { getLlama: (options: object) => Promise<LlamaLike> }
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1, logLevel: 'error' })
  const model = await llama.loadModel({ modelPath: smollm2Path })
  const context = await model.createContext({ contextSize: 1024, threads: 1 })
  const sequence = context.getSequence()
  const prompt = model.tokenize(PROMPT)
  return {
    decode: async () => {
      await sequence.clearHistory()
      let count = 0
      let started = 0
      for await (const _token of sequence.evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
        if (count++ === 0) {
          started = performance.now()
        }
        if (count > TOKENS) {
          break
        }
      }
      return TOKENS / ((performance.now() - started) / 1000)
    },
    close: async () => { await llama.dispose() }
  }
}

interface LlamaLike {
  loadModel (options: object): Promise<{
    createContext (options: object): Promise<{ getSequence (): { clearHistory (): Promise<void>, evaluate (tokens: unknown, options: object): AsyncIterable<unknown> } }>
    tokenize (text: string): unknown
  }>
  dispose (): Promise<void>
}

function overHttp (http: string): Decoder {
  return async () => {
    const response = await fetch(`${http}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'smollm2', prompt: PROMPT, stream: true, max_tokens: TOKENS + 1, temperature: 0, logit_bias: { [END_OF_TEXT]: -100 } })
    })
    if (response.status !== 200 || response.body == null) {
      throw new Error(await response.text())
    }
    let first = 0
    let last = 0
    let events = 0
    // Node's streams are iterable; the DOM's type does not say so
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const count = Buffer.from(chunk).toString().split('"text":').length - 1
      if (count > 0) {
        last = performance.now()
        first ||= last
        events += count
      }
    }
    if (events < TOKENS) {
      throw new Error(`only ${events} tokens came`)
    }
    return TOKENS / ((last - first) / 1000)
  }
}

async function nodes (imported: string, spans: readonly string[]): Promise<Daemon[]> {
  const started: Daemon[] = []
  for (const layers of spans) {
    const home = await temporaryFolder()
    await cp(imported, home, { recursive: true })
    const [first] = started
    started.push(await daemon(['smollm2', '--layers', layers, '--threads', '1', ...(first == null ? [] : ['--join', first.address])], { home }))
  }
  return started
}

export async function decodeRows (): Promise<Row[]> {
  const imported = await temporaryFolder()
  const { code, stderr } = await shoal(['import', smollm2Path, '--name', 'smollm2'], { home: imported })
  if (code !== 0) {
    throw new Error(stderr)
  }
  const alone = await nodes(imported, ['0:30'])
  const split = await nodes(imported, ['0:15', '15:30'])
  const llama = await llamaCpp()
  const decoders: Array<[string, Decoder]> = [['llama.cpp', llama.decode]]
  for (const [name, [head]] of [['one node', alone], ['two nodes', split]] as const) {
    if (head != null) {
      decoders.push([name, overHttp(head.http)])
    }
  }
  const speeds = new Map<string, number[]>(decoders.map(([name]) => [name, []]))
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, decode] of decoders) {
      const speed = await decode()
      if (round >= 0) {
        speeds.get(name)?.push(speed)
      }
    }
  }
  await llama.close()
  await Promise.all([...alone, ...split].map(async ({ stop }) => await stop()))
  const yardstick = speeds.get('llama.cpp') ?? []
  return decoders.map(([name]) => {
    const measured = speeds.get(name) ?? []
    const ratios = measured.map((speed, round) => speed / (yardstick[round] ?? NaN))
    return { what: `decode, SmolLM2-135M, ${name}`, value: `${median(measured).toFixed(1)} tokens/s (${spread(measured)})`, ratio: `${median(ratios).toFixed(2)} × llama.cpp` }
  })
}
