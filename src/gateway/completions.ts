import { begin, collect, complete, finishReason, repairComment, usageOf, type Answer, type Collected, type Done, type Scored } from './answer.ts'
import { completionLogprobs } from './logprobs.ts'
import { chooseModel, newId, requestBase, withChoice } from './params.ts'
import type { CompletionRequest } from './schema.ts'
import type { GatewayModel, Generator } from './types.ts'
import type { Reply } from './reply.ts'
import type { GenerateRequest } from '../pipeline/index.ts'

/** OpenAI's default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16

type Prompt = string | number[]

function promptsOf ({ prompt }: CompletionRequest): Prompt[] {
  if (typeof prompt === 'string') return [prompt]
  const [first] = prompt
  return typeof first === 'number' ? [prompt.filter((id) => typeof id === 'number')] : prompt.filter((each) => typeof each !== 'number')
}

/** What `echo` puts before the answer. */
function echoed (model: GatewayModel, prompt: Prompt, scored: Scored): string {
  return typeof prompt === 'string' ? prompt : model.decode?.(prompt) ?? scored.map(({ text }) => text).join('')
}

/** `POST /v1/completions`. */
export async function completion (generator: Generator, body: CompletionRequest, signal: AbortSignal): Promise<Reply> {
  const model = await chooseModel(generator, body.model, signal)
  const logprobs = typeof body.logprobs === 'number' ? body.logprobs : undefined
  const base = requestBase(body, model, body.max_tokens ?? DEFAULT_MAX_TOKENS, logprobs)
  const choices = body.n ?? 1
  const prompts = promptsOf(body)
  const requestOf = (prompt: Prompt, index: number): GenerateRequest => ({
    ...withChoice(base, index % choices),
    prompt: typeof prompt === 'string' ? { kind: 'text', text: prompt, special: body.raw === true } : { kind: 'ids', ids: prompt },
    // Ids are echoed as the text that comes back with their scores, where this node can't decode them.
    ...(body.echo === true && (logprobs != null || typeof prompt !== 'string') ? { scorePrompt: true } : {})
  })
  const jobs = prompts.flatMap((prompt) => Array.from({ length: choices }, () => prompt)).map((prompt, index) => ({ prompt, request: requestOf(prompt, index) }))
  const frame = { id: newId('cmpl'), created: Math.floor(Date.now() / 1000), model: model.name, system_fingerprint: model.modelId }
  const [job] = jobs
  if (job == null) throw new Error('a request has at least one prompt')
  const first = await begin(generator, job.request, signal)
  const answer = async (index: number): Promise<Answer> => {
    const next = jobs[index]
    return index === 0 || next == null ? first : await begin(generator, next.request, signal)
  }

  if (body.stream === true) {
    const init = { frame, model, body, logprobs, prompts: jobs.map(({ prompt }) => prompt), answer }
    return { kind: 'stream', route: first.started.route, chunks: chunks(init) }
  }
  const answers: Collected[] = []
  for (let index = 0; index < jobs.length; index++) {
    answers.push(await collect(await answer(index)))
  }
  const done = answers.map((each) => each.done)
  return {
    kind: 'whole',
    done,
    body: {
      object: 'text_completion',
      ...frame,
      choices: answers.map((each, index) => {
        const before = body.echo === true ? echoed(model, jobs[index]?.prompt ?? '', each.scored) : ''
        return {
          index,
          text: before + each.done.text,
          logprobs: logprobs == null ? null : shape(completionLogprobs(model, body.echo === true ? each.scored : [], each.tokens, 0)),
          finish_reason: finishReason(each.done)
        }
      }),
      usage: usageOf(done)
    }
  }
}

const shape = ({ end: _end, ...rest }: ReturnType<typeof completionLogprobs>): object => rest

interface ChunksInit {
  readonly frame: object
  readonly model: GatewayModel
  readonly body: CompletionRequest
  readonly logprobs: number | undefined
  readonly prompts: readonly Prompt[]
  answer (index: number): Promise<Answer>
}

async function * chunks ({ frame, model, body, logprobs, prompts, answer }: ChunksInit): AsyncGenerator<object> {
  const withUsage = body.stream_options?.include_usage === true
  const chunk = (index: number, text: string, scores: object | null, reason: string | null = null): object => ({
    object: 'text_completion',
    ...frame,
    choices: [{ index, text, logprobs: scores, finish_reason: reason }],
    ...(withUsage ? { usage: null } : {})
  })
  const finished: Done[] = []
  for (const [index, prompt] of prompts.entries()) {
    const { events } = await answer(index)
    let sent = 0
    let offset = 0
    // Text can be echoed at once; ids, and scores, come with the session's first events.
    let echo = body.echo === true
    if (echo && typeof prompt === 'string' && logprobs == null) {
      yield chunk(index, prompt, null)
      echo = false
    }
    for await (const event of events) {
      if (event.kind === 'scored' && echo) {
        const scores = completionLogprobs(model, event.tokens, [], offset)
        offset = scores.end
        yield chunk(index, event.tokens.map(({ text }) => text).join(''), logprobs == null ? null : shape(scores))
      } else if (event.kind === 'token') {
        sent += event.text.length
        const scores = completionLogprobs(model, [], [event], offset)
        offset = scores.end
        if (event.text !== '' || logprobs != null) yield chunk(index, event.text, logprobs == null ? null : shape(scores))
      } else if (event.kind === 'repaired') {
        yield repairComment(event)
      } else if (event.kind === 'done') {
        const { text } = complete(event)
        finished.push(event)
        if (text.length > sent) yield chunk(index, text.slice(sent), null)
        yield chunk(index, '', null, finishReason(event))
        break
      }
    }
    if (finished.length <= index) throw new Error('the answer ended without saying so')
  }
  if (withUsage) yield { object: 'text_completion', ...frame, choices: [], usage: usageOf(finished) }
}
