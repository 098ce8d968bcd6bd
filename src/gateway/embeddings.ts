import { collect } from './answers.ts'
import { gather } from './choices.ts'
import { promptsOf } from './prompts.ts'
import { HttpError } from './errors.ts'
import { checkPrompt } from './limits.ts'
import { chooseModel, type HandlerComponents } from './params.ts'
import type { EmbeddingRequest } from './schema/embedding.ts'
import type { Reply } from './reply.ts'
import type { GenerateRequest } from '../pipeline/index.ts'

const PARAM = 'input'

/** Of length 1, as OpenAI's are: a product of two is their cosine. */
function normalized (values: Float32Array): Float32Array {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return length > 0 ? values.map((value) => value / length) : values
}

/** 32-bit floats, little-endian. */
function base64 (values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeFloatLE(value, index * 4))
  return bytes.toString('base64')
}

function checkDimensions (asked: number | null | undefined, length: number | undefined): void {
  if (asked != null && length !== undefined && asked !== length) {
    throw new HttpError(`'dimensions' is ${asked}, and the vectors of this model have ${length}: leave it out`, { status: 400, param: 'dimensions', code: 'invalid_value' })
  }
}

/** `POST /v1/embeddings`. */
export async function embeddings ({ generator, answers, maxPromptCharacters }: HandlerComponents, body: EmbeddingRequest, signal: AbortSignal): Promise<Reply> {
  const model = await chooseModel(generator, body.model, signal)
  checkDimensions(body.dimensions, model.hiddenSize)
  const pooling = body.pooling ?? 'mean'
  const requests = promptsOf(body.input).map((input): GenerateRequest => ({
    modelId: model.modelId,
    prompt: typeof input === 'string' ? { kind: 'text', text: input, special: false } : { kind: 'ids', ids: input },
    maxTokens: 0,
    stop: [],
    sampling: {},
    ...(body.wire == null ? {} : { wire: body.wire }),
    embed: pooling
  }))
  for (const request of requests) checkPrompt(request, model, maxPromptCharacters, PARAM)
  const all = await gather(requests.length, answers.choicesAtOnce, async (index, each) => {
    const request = requests[index]
    if (request === undefined) throw new Error('there is no such input')
    const { done, embedding } = await collect(answers.ask(request, { signal: each, param: PARAM, beyondBound: index > 0 }))
    if (embedding === undefined) throw new Error('the answer brought no embedding')
    checkDimensions(body.dimensions, embedding.length)
    return { done, values: normalized(embedding) }
  }, signal)
  const done = all.map((each) => each.done)
  const promptTokens = done.reduce((sum, { usage }) => sum + usage.promptTokens, 0)
  return {
    kind: 'whole',
    done,
    body: {
      object: 'list',
      data: all.map(({ values }, index) => ({ object: 'embedding', index, embedding: body.encoding_format === 'base64' ? base64(values) : Array.from(values) })),
      model: model.name,
      pooling,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens }
    }
  }
}
