import { complete, type AnswerEvent, type Called, type Token } from '../answers.ts'
import { httpError } from '../errors.ts'
import { queuedComment, repairComment } from '../outcome.ts'
import { newId } from '../params.ts'
import { SseEvent, SseRoute } from '../sse.ts'
import { callItem, messageItem, statusOf, textPart, type Logprob, type ResponseInit } from './body.ts'

export interface StreamInit {
  bodyOf (init: ResponseInit): object
  /** Of one token; undefined: none were asked for. */
  readonly logprobs: ((token: Token) => readonly Logprob[]) | undefined
}

/** A streamed answer as the events of the Responses API. */
export async function * responseEvents (events: AsyncIterable<AnswerEvent>, { bodyOf, logprobs }: StreamInit): AsyncGenerator<object> {
  let sequence = 0
  const event = (type: string, fields: object): SseEvent => new SseEvent(type, { type, sequence_number: sequence++, ...fields })
  const output: object[] = []
  const message = { id: newId('msg'), index: -1, text: '', scores: [] as Logprob[] }
  const at = (): object => ({ item_id: message.id, output_index: message.index, content_index: 0 })
  let begun = false

  function * delta (text: string, scores: readonly Logprob[]): Generator<SseEvent> {
    if (message.index < 0) {
      message.index = output.length
      output.push(messageItem(message.id, 'in_progress', []))
      yield event('response.output_item.added', { output_index: message.index, item: messageItem(message.id, 'in_progress', []) })
      yield event('response.content_part.added', { ...at(), part: textPart('', []) })
    }
    message.text += text
    message.scores.push(...scores)
    yield event('response.output_text.delta', { ...at(), delta: text, logprobs: scores })
  }

  function * called ({ call }: Called): Generator<SseEvent> {
    const id = newId('fc')
    const index = output.length
    const whole = callItem(id, 'completed', call, call.arguments)
    output.push(whole)
    yield event('response.output_item.added', { output_index: index, item: callItem(id, 'in_progress', call, '') })
    yield event('response.function_call_arguments.delta', { item_id: id, output_index: index, delta: call.arguments })
    yield event('response.function_call_arguments.done', { item_id: id, output_index: index, name: call.name, arguments: call.arguments })
    yield event('response.output_item.done', { output_index: index, item: whole })
  }

  try {
    for await (const each of events) {
      switch (each.kind) {
        case 'queued':
          yield queuedComment(each)
          break
        case 'started':
          yield new SseRoute(each.route)
          begun = true
          yield event('response.created', { response: bodyOf({ status: 'in_progress' }) })
          yield event('response.in_progress', { response: bodyOf({ status: 'in_progress' }) })
          break
        case 'token':
          if (each.text !== '' || logprobs !== undefined) yield * delta(each.text, logprobs?.(each) ?? [])
          break
        case 'toolCall':
          yield * called(each)
          break
        case 'repaired':
          yield repairComment(each)
          break
        case 'scored':
        case 'embedding':
          break
        case 'done': {
          const done = complete(each)
          const status = statusOf(done)
          // What was held back because a stop string might have been starting; and an answer of nothing is a message too.
          if (done.text.length > message.text.length || output.length === 0) yield * delta(done.text.slice(message.text.length), [])
          if (message.index >= 0) {
            const part = textPart(message.text, message.scores)
            const whole = messageItem(message.id, status, [part])
            output[message.index] = whole
            yield event('response.output_text.done', { ...at(), text: message.text, logprobs: message.scores })
            yield event('response.content_part.done', { ...at(), part })
            yield event('response.output_item.done', { output_index: message.index, item: whole })
          }
          yield event(`response.${status}`, { response: bodyOf({ status, output, done }) })
          return
        }
      }
    }
    throw new Error('the answer ended without saying so')
  } catch (error) {
    // whoever follows the events sees the response fail; the error itself is told behind it
    const { code, message: text } = httpError(error)
    if (begun) yield event('response.failed', { response: bodyOf({ status: 'failed', output, failure: { code: code ?? 'server_error', message: text } }) })
    throw error
  }
}
