/** What can be seen of a node at work: traces of its answers, and its metrics. */
import { answerWatch, type AnswerWatch } from './answer-watch.ts'
import { createMetrics } from './metrics.ts'
import { metricsFeed, type MetricsFeed, type MetricsSources } from './metrics-feed.ts'
import { traces, type Traces } from './traces.ts'
import type { Logger } from './log.ts'

export interface Observation {
  readonly traces: Traces
  readonly metrics: MetricsFeed
  readonly watch: AnswerWatch
  /** From now on the node's states are read here. */
  read (sources: MetricsSources): void
}

export function observation (log: Pick<Logger, 'debug'>): Observation {
  let sources: MetricsSources | undefined
  const now = (): number => performance.now()
  const seen = traces({ now, wallMs: Date.now })
  const metrics = metricsFeed(createMetrics(), now, () => sources)
  return {
    traces: seen,
    metrics,
    watch: answerWatch({ traces: seen, meter: metrics.answer, log }),
    read (given) { sources = given }
  }
}
