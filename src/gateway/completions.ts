import { collect, type AnswerEvent, type Collected, type Scored } from './answers.ts'
import { gather, merge } from './choices.ts'
import { completionChunks } from './completion-chunks.ts'
import { checkPrompt } from './limits.ts'
import { completionLogprobs, withoutEnd } from './logprobs.ts'
import { finishReason, usageOf } from './outcome.ts'
import { chooseModel, frameOf, requestBase, withChoice, type HandlerComponents } from './params.ts'
import { promptsOf, type Prompt } from './prompts.ts'
import { responseFormatOption } from './tools.ts'
import type { CompletionRequest } from './schema/completion.ts'
import type { GatewayModel } from './types.ts'
import type { Reply } from './reply.ts'
import type { GenerateRequest } from '../pipeline/index.ts'

const PARAM = 'prompt'
/** OpenAI's default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16

/** What `echo` puts before the answer. */
function echoed (model: GatewayModel, prompt: Prompt, scored: Scored): string {
  return typeof prompt === 'string' ? prompt : model.decode?.(prompt) ?? scored.map(({ text }) => text).join('')
}

/** `POST /v1/completions`. */
export async function completion ({ generator, answers, maxPromptCharacters }: HandlerComponents, body: CompletionRequest, signal: AbortSignal): Promise<Reply> {
  const model = await chooseModel(generator, body.model, signal)
  const logprobs = typeof body.logprobs === 'number' ? body.logprobs : undefined
  const base = requestBase(body, model, body.max_tokens ?? DEFAULT_MAX_TOKENS, logprobs)
  const choices = body.n ?? 1
  const jobs = promptsOf(body.prompt).flatMap((prompt) => Array.from({ length: choices }, (_, index) => {
    const request: GenerateRequest = {
      ...withChoice(base, index),
      ...responseFormatOption(body.response_format),
      prompt: typeof prompt === 'string' ? { kind: 'text', text: prompt, special: body.raw === true } : { kind: 'ids', ids: prompt },
      // Ids are echoed as the text that comes back with their scores, where this node can't decode them.
      ...(body.echo === true && (logprobs != null || typeof prompt !== 'string') ? { scorePrompt: true } : {})
    }
    return { prompt, request }
  }))
  for (const { request } of jobs) checkPrompt(request, model, maxPromptCharacters, PARAM)
  const jobOf = (index: number): typeof jobs[number] => {
    const job = jobs[index]
    if (job === undefined) throw new Error('there is no such choice')
    return job
  }
  const events = (index: number, each: AbortSignal): AsyncIterable<AnswerEvent> => answers.ask(jobOf(index).request, { signal: each, param: PARAM, beyondBound: index > 0 })
  const frame = frameOf('cmpl', model)

  if (body.stream === true) {
    const stream = completionChunks({ frame, model, body, logprobs })
    return {
      kind: 'stream',
      items: stream.all(merge(jobs.length, answers.choicesAtOnce, (index, each) => stream.choice(index, jobOf(index).prompt, events(index, each)), signal))
    }
  }
  const all = await gather(jobs.length, answers.choicesAtOnce, async (index, each) => await collect(events(index, each)), signal)
  const done = all.map((each) => each.done)
  const choiceBody = (each: Collected, index: number): object => ({
    index,
    text: (body.echo === true ? echoed(model, jobOf(index).prompt, each.scored) : '') + each.done.text,
    logprobs: logprobs == null ? null : withoutEnd(completionLogprobs(model, body.echo === true ? each.scored : [], each.tokens, 0)),
    finish_reason: finishReason(each.done)
  })
  return { kind: 'whole', done, body: { object: 'text_completion', ...frame, choices: all.map(choiceBody), usage: usageOf(done) } }
}
