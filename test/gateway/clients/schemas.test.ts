import assert from 'node:assert/strict'
import { Ajv } from 'ajv'
import { OpenAI } from '../../clients/openai.ts'
import { randomSchemas } from './random-schema.ts'
import { threeNodes } from './three-nodes.ts'

const SCHEMAS = 200
const AT_ONCE = 8
const SEED = 20_261_126

describe('answers by random schemas, before three daemons', function () {
  this.timeout(600_000)
  const swarm = threeNodes()

  it(`are valid, all ${SCHEMAS}`, async () => {
    const client = new OpenAI({ baseURL: `${swarm.http}/v1`, apiKey: 'none' })
    const ajv = new Ajv({ strict: false })
    const schemas = randomSchemas(SCHEMAS, SEED)
    const wrong: string[] = []
    const next = schemas.entries()
    // the same iterator for all: each takes what is left
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const [index, schema] of next) {
        const { choices } = await client.chat.completions.create({
          model: 'atlas',
          messages: [{ role: 'user', content: 'Tell me about Peru.' }],
          response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: { ...schema } } },
          temperature: 1,
          seed: index,
          max_tokens: 700
        })
        const text = choices[0]?.message.content ?? ''
        try {
          if (!ajv.validate(schema, JSON.parse(text))) throw new Error(ajv.errorsText())
        } catch (error) {
          wrong.push(`${index} (${choices[0]?.finish_reason ?? ''}): ${error instanceof Error ? error.message : ''}\n${JSON.stringify(schema)}\n${text}`)
        }
      }
    }))
    assert.deepEqual(wrong, [])
  })
})
