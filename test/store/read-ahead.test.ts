import assert from 'node:assert/strict'
import { join } from 'node:path'
import { makePart, type PartPlan, type TensorSource } from '../../src/model/index.ts'
import { planOf } from '../../src/store/blob-maker.ts'
import { openSource, type OpenedSource } from '../../src/store/open-source.ts'
import { readAhead } from '../../src/store/read-ahead.ts'
import { ggufOfFolder } from '../support/llama-cpp/convert.ts'
import { fixtureFolder } from '../support/reference.ts'
import { removeFolders, temporaryFolder } from '../support/shoal.ts'

interface Watched extends TensorSource {
  /** Rows of tensors that were read, `name row`, with how often. */
  readonly reads: ReadonlyMap<string, number>
  readonly most: () => number
}

/** Counts what is read, and how many requests are under way at once. */
function watched (tensors: TensorSource): Watched {
  const reads = new Map<string, number>()
  let under = 0
  let most = 0
  return {
    reads,
    most: () => most,
    names: () => tensors.names(),
    info: (name) => tensors.info(name),
    async rows (name, first, count) {
      for (let row = first; row < first + count; row++) reads.set(`${name} ${row}`, (reads.get(`${name} ${row}`) ?? 0) + 1)
      most = Math.max(most, ++under)
      return await tensors.rows(name, first, count).finally(() => { under-- })
    }
  }
}

async function bytesOf (plan: PartPlan, source: TensorSource, sideValues?: number): Promise<Buffer> {
  const blob = Buffer.alloc(plan.size)
  for await (const { offset, bytes } of makePart(plan, source, sideValues)) blob.set(bytes, offset)
  return blob
}

describe('reading ahead', () => {
  after(removeFolders)

  /** Also as GGUF files, which have all experts of a layer in one tensor. */
  async function open (model: string, isGguf: boolean): Promise<OpenedSource> {
    const folder = join(fixtureFolder, 'models', model)
    if (!isGguf) return await openSource(folder)
    const path = join(await temporaryFolder(), 'model.gguf')
    await ggufOfFolder(folder, path, {})
    return await openSource(path)
  }

  for (const [model, isGguf] of [['llama', false], ['phi3', false], ['qwen3', false], ['gpt-oss', false], ['mixtral', true], ['qwen2-moe', true], ['gpt-oss', true]] as const) {
    it(`gives the same bytes, and reads what ${model}${isGguf ? ' as GGUF' : ''} needs, once and nothing beside it`, async () => {
      const source = await open(model, isGguf)
      const { embedding, layers, head } = planOf(source, 'int8')
      for (const plan of [embedding, ...layers, head]) {
        const direct = watched(source.tensors)
        const expected = await bytesOf(plan, direct)
        for (const segmentBytes of [1, 1000, 1_000_000]) {
          const ahead = watched(source.tensors)
          assert.deepEqual(await bytesOf(plan, readAhead(ahead, plan, { segmentBytes, requests: 3 })), expected)
          assert.deepEqual(new Set(ahead.reads.keys()), new Set(direct.reads.keys()))
          assert.ok([...ahead.reads.values()].every((times) => times === 1), plan.label)
          assert.ok(ahead.most() <= 3)
        }
      }
      await source.close()
    })
  }

  it('has several requests under way where they are small', async () => {
    const source = await open('mixtral', true)
    const [plan] = planOf(source, 'keep').layers
    assert.ok(plan)
    const ahead = watched(source.tensors)
    await bytesOf(plan, readAhead(ahead, plan, { requests: 4 }))
    assert.equal(ahead.most(), 4)
    await source.close()
  })

  it('goes back where a matrix is made in several passes', async () => {
    const source = await open('llama', false)
    const { embedding } = planOf(source, 'int8')
    const ahead = watched(source.tensors)
    assert.deepEqual(await bytesOf(embedding, readAhead(ahead, embedding, { segmentBytes: 3000 }), 10), await bytesOf(embedding, source.tensors))
    assert.ok([...ahead.reads.values()].every((times) => times === 2))
    await source.close()
  })

  it('tells whoever waits for rows that can\'t be read, and nobody else', async () => {
    const source = await open('llama', false)
    const [plan] = planOf(source, 'keep').layers
    assert.ok(plan)
    const broken: TensorSource = { ...source.tensors, rows: async () => await Promise.reject(new Error('broken')) }
    await assert.rejects(bytesOf(plan, readAhead(broken, plan)), { message: 'broken' })
    await source.close()
  })
})
