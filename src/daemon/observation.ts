/** What can be seen of a node at work: traces of its answers, its metrics, and what its page shows. */
import { activity, type Activity } from './activity.ts'
import { answerWatch, type AnswerWatch } from './answer-watch.ts'
import { createMetrics } from './metrics.ts'
import { metricsFeed, type MetricsFeed, type MetricsSources } from './metrics-feed.ts'
import { traces, type Traces } from './traces.ts'
import type { Logger } from './log.ts'

export interface Observation {
  readonly traces: Traces
  readonly metrics: MetricsFeed
  readonly watch: AnswerWatch
  readonly happening: Activity
  /** From now on the node's states are read here. */
  read (sources: MetricsSources): void
}

export function observation (log: Pick<Logger, 'debug'>): Observation {
  let sources: MetricsSources | undefined
  const now = (): number => performance.now()
  const seen = traces({ now, wallMs: Date.now })
  const happening = activity({ now: Date.now })
  const metrics = metricsFeed(createMetrics(), now, () => sources)
  return {
    traces: seen,
    metrics,
    happening,
    watch: answerWatch({ traces: seen, observers: [metrics.answer, happening.answer], log }),
    read (given) { sources = given }
  }
}
