import { action, command, type CommonOptions, type Context } from '../command.ts'
import { UsageError } from '../errors.ts'
import { explain, explanation } from '../explain.ts'
import { shortPeer, table } from '../format.ts'
import * as parse from '../parsers.ts'
import type { Command } from 'commander'
import type { Trace } from '../../daemon/index.ts'

type TraceOptions = CommonOptions & { readonly last: number }

export function traceCommand (): Command {
  return action<TraceOptions>(command('trace', 'show where the time of the last answers of the node on this machine went')
    .argument('[id]', 'of one answer: its x-shoal-request-id or its session, or the beginning of one')
    .option('--last <n>', 'how many are listed', parse.integer(1, 1000), 10), trace)
}

async function trace ({ out, data, signal }: Context, { last }: TraceOptions, [id]: readonly string[]): Promise<void> {
  const { askTraces } = await import('../../daemon/index.ts')
  const traces = await askTraces(data, { id, last, signal })
  if (id !== undefined && traces.length === 0) throw new UsageError(`the node remembers no answer ${id}; \`shoal trace\` lists those that it does`)
  for (const each of traces) out.event({ event: 'trace', ...each, explained: explain(each) })
  if (out.json) return
  if (id === undefined) {
    out.line(traces.length === 0 ? 'no answers yet' : listed(traces))
    return
  }
  out.line(traces.map((each) => `${headline(each)}\n\n${explanation(explain(each))}`).join('\n\n'))
}

const ms = (value: number | null): string => value === null ? '' : `${Math.round(value)} ms`
const ended = ({ state, finishReason, error }: Trace): string => error ?? finishReason ?? state
const SHOWN_ID = 16

function listed (traces: readonly Trace[]): string {
  return table([
    ['STARTED', 'REQUEST', 'SESSION', 'END', 'PROMPT', 'TOKENS', 'FIRST', 'TOTAL', 'TOKENS/S', 'REPAIRS', 'ROUTE'],
    ...traces.map((each) => [
      new Date(each.startedAtMs).toTimeString().slice(0, 8),
      each.requestId?.slice(0, SHOWN_ID) ?? '-',
      each.sessionId.slice(0, SHOWN_ID),
      ended(each),
      String(each.promptTokens),
      String(each.completionTokens),
      ms(each.timings.ttftMs),
      ms(each.timings.totalMs),
      each.timings.tokensPerSecond.toFixed(1),
      each.repairs.length === 0 ? '' : String(each.repairs.length),
      each.route.map(({ peerId, span: [start, end] }) => `…${shortPeer(peerId)}[${start}:${end}]`).join(' ')
    ])
  ])
}

const headline = (each: Trace): string =>
  `session ${each.sessionId}${each.requestId === null ? '' : `, request ${each.requestId}`}\n${ended(each)}: ${each.promptTokens} tokens in the prompt (${each.cachedTokens} cached), ` +
  `${each.completionTokens} in the answer, ${ms(each.timings.totalMs)}${each.coordinator === 'elsewhere' ? ', coordinated elsewhere' : ''}`
