import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMetrics } from '../../src/daemon/metrics.ts'
import { metricsFeed, type MetricsSources } from '../../src/daemon/metrics-feed.ts'
import { root, removeFolders, temporaryFolder } from '../support/shoal.ts'
import { readExposition, type Family } from './exposition.ts'

const METRICS = join(root, 'docs', 'METRICS.md')
const DASHBOARD = join(root, 'docs', 'grafana-dashboard.json')

/** What a name ends with says what is counted. */
const UNITS = ['_requests', '_seconds', '_bytes', '_total', '_info', '_sessions', '_slots', '_nodes', '_peers', '_layers', '_running', '_online']

interface Target { readonly expr: string }
interface Panel { readonly id: number, readonly type: string, readonly title: string, readonly targets?: readonly Target[], readonly fieldConfig?: { readonly defaults: { readonly unit: string } } }

describe('metrics', () => {
  let nowMs = 0
  let total = 0
  let folder = ''
  const sources = (): MetricsSources => ({
    info: () => ({ version: '1', device: 'cpu', compute: 'fast' }),
    online: () => true,
    layers: () => 3,
    missingLayers: () => 0,
    answers: () => 1,
    stageSessions: () => 2,
    repairs: () => ({ reset: total }),
    kv: () => ({ slots: 8, usedSlots: 3, bytes: Infinity, usedBytes: 100 }),
    traffic: () => new Map([['/shoal/ring/1.0.0', { sentBytes: 10 * total, receivedBytes: 5 * total }]]),
    nodes: () => 4,
    peers: () => 5,
    routingTable: () => 6,
    weights: () => Promise.resolve(7),
    folder
  })
  const make = () => metricsFeed(createMetrics({ process: false }), () => nowMs, sources)
  const valueOf = (families: readonly Family[], name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    families.flatMap(({ samples }) => samples).find((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value

  before(async () => { folder = await temporaryFolder() })
  after(removeFolders)

  it('have help, and a unit in their names, in a text that keeps every rule of the format', async () => {
    const feed = metricsFeed(createMetrics(), () => nowMs, sources)
    feed.laps.lap(1, 1, 2, 3)
    feed.onRun(4, 4, 2)
    feed.http.request()({ route: '/v1/models', method: 'GET', status: 200 })
    const families = readExposition(await feed.http.text())
    const own = families.filter(({ name }) => name.startsWith('shoal_'))
    assert.ok(own.length > 30 && families.some(({ name }) => name === 'process_cpu_seconds_total'))
    for (const { name, help, type } of own) {
      assert.ok(help.length > 10 && help.endsWith('.'), `the help of ${name}: ${help}`)
      assert.ok(UNITS.some((unit) => name.endsWith(unit)), `${name} has no unit`)
      assert.equal(type === 'counter', name.endsWith('_total'), name)
    }
  })

  it('are of this node alone: two in one process do not add up', async () => {
    const [one, two] = [make(), make()]
    one.onRun(1, 1, 1)
    assert.equal(valueOf(readExposition(await one.http.text()), 'shoal_engine_run_seconds_count'), 1)
    assert.equal(valueOf(readExposition(await two.http.text()), 'shoal_engine_run_seconds_count'), 0)
  })

  it('count an answer as it passes', async () => {
    const feed = make()
    const answer = feed.answer()
    const token = { kind: 'token', id: 1, text: '' } as const
    for (const event of [token, token, token]) {
      nowMs += 20
      answer.event(event)
    }
    answer.event({ kind: 'repaired', lost: [], tookMs: 80, replayed: 3, route: [] })
    answer.event({
      kind: 'done', text: '', tokens: [1, 1, 1], finishReason: 'length', usage: { promptTokens: 9, completionTokens: 3, cachedTokens: 4 }, route: [], timings: { openMs: 5, ttftMs: 20, totalMs: 60, tokensPerSecond: 50 }
    })
    answer.end(undefined)
    feed.answer().end('NoCapacityError')
    feed.answer().end(undefined)
    const families = readExposition(await feed.http.text())
    const expected: ReadonlyArray<[string, Readonly<Record<string, string>>, number]> = [
      ['shoal_completion_tokens_total', {}, 3], ['shoal_prompt_tokens_total', {}, 9], ['shoal_cached_tokens_total', {}, 4],
      ['shoal_time_to_first_token_seconds_sum', {}, 0.02], ['shoal_time_between_tokens_seconds_sum', {}, 0.04], ['shoal_time_between_tokens_seconds_count', {}, 2],
      ['shoal_repair_seconds_sum', {}, 0.08], ['shoal_route_open_seconds_sum', {}, 0.005],
      ...(['length', 'failed', 'left'] as const).map((finish): [string, { finish: string }, number] => ['shoal_answers_total', { finish }, 1])
    ]
    for (const [name, labels, value] of expected) assert.equal(valueOf(families, name, labels), value, name)
    assert.equal(feed.tokens, 3)
  })

  it('count what a stage does, prompts apart', async () => {
    const feed = make()
    feed.laps.lap(32, 1, 200, 3)
    feed.laps.lap(1, 0.5, 4, 0.25)
    const families = readExposition(await feed.http.text())
    assert.deepEqual([
      valueOf(families, 'shoal_stage_rows_total', { phase: 'prefill' }), valueOf(families, 'shoal_stage_laps_total', { phase: 'decode' }),
      valueOf(families, 'shoal_stage_compute_seconds_sum', { phase: 'prefill' }), valueOf(families, 'shoal_stage_send_seconds_sum', { phase: 'decode' })
    ], [32, 1, 0.2, 0.00025])
  })

  it('read totals that are kept elsewhere as they grow, and states when they are asked for', async () => {
    const feed = make()
    total = 2
    await feed.http.text()
    total = 5
    const families = readExposition(await feed.http.text())
    assert.equal(valueOf(families, 'shoal_repairs_total', { kind: 'reset' }), 5)
    assert.equal(valueOf(families, 'shoal_link_bytes_total', { protocol: 'ring', direction: 'sent' }), 50)
    assert.equal(valueOf(families, 'shoal_kv_slots', { state: 'free' }), 5)
    assert.equal(valueOf(families, 'shoal_kv_bytes', { state: 'free' }), undefined)
    assert.equal(valueOf(families, 'shoal_disk_weights_bytes'), 7)
  })

  it('read the gateway\'s line when they are asked for', async () => {
    const feed = make()
    const line = { running: 0, waiting: 0 }
    feed.http.line(line)
    Object.assign(line, { running: 3, waiting: 2 })
    const families = readExposition(await feed.http.text())
    assert.deepEqual(['running', 'waiting'].map((state) => valueOf(families, 'shoal_http_line_requests', { state })), [3, 2])
  })

  it('are all in docs/METRICS.md (SHOAL_WRITE_METRICS=1 writes it)', async () => {
    const made = await page()
    if (process.env.SHOAL_WRITE_METRICS != null) await writeFile(METRICS, made)
    assert.equal(await readFile(METRICS, 'utf8'), made)
  })

  describe('on the dashboard', () => {
    let panels: readonly Panel[] = []
    before(async () => { ({ panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as { panels: readonly Panel[] }) })

    it('are asked for by names and labels that there are', () => {
      const known = new Map(createMetrics().registry.getMetricsAsArray()
        .map(({ name, ...metric }) => [name, { type: String(metric.type), labels: 'labelNames' in metric ? metric.labelNames as readonly string[] : [] }]))
      const queries = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
      assert.ok(queries.length > 30)
      for (const { title, expr } of queries) {
        const names = [...expr.matchAll(/\b((?:shoal|process|nodejs)_[a-z0-9_]+)(?:\{([^}]*)\})?/g)]
        assert.ok(names.length > 0, `${title} asks for nothing`)
        for (const [, name = '', matchers = ''] of names) {
          const base = name.replace(/_(bucket|sum|count)$/, '')
          const metric = known.get(name) ?? (known.get(base)?.type === 'histogram' ? known.get(base) : undefined)
          assert.ok(metric !== undefined, `${title} asks for ${name}, which there is not`)
          for (const [, label = ''] of matchers.matchAll(/([a-z_]+)=/g)) assert.ok(['instance', ...metric.labels].includes(label), `${name} has no label ${label}`)
        }
      }
    })

    it('each have a place', () => {
      const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join(' ')
      const missing = createMetrics({ process: false }).registry.getMetricsAsArray().map(({ name }) => name).filter((name) => !asked.includes(name))
      assert.deepEqual(missing, [])
    })

    it('have panels with a title, a unit and an id of their own', () => {
      assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
      for (const { type, title, targets, fieldConfig } of panels) {
        assert.ok(title !== '')
        if (type !== 'row') assert.ok((targets?.length ?? 0) > 0 && fieldConfig?.defaults.unit !== undefined, title)
      }
    })
  })
})

async function page (): Promise<string> {
  const rows = (await createMetrics({ process: false }).registry.getMetricsAsJSON()).map(({ name, type, help }) => ({ name, type: String(type), help }))
  const labels = new Map(createMetrics({ process: false }).registry.getMetricsAsArray().map((metric) => [metric.name, 'labelNames' in metric ? metric.labelNames as readonly string[] : []]))
  return `# Metrics

\`GET /metrics\` of a node's gateway (\`http://127.0.0.1:8484/metrics\`) has these in Prometheus' text format: on loopback for local programs, on any other address with an API key
(\`authorization: { type: Bearer, credentials: KEY }\` in Prometheus' \`scrape_configs\`). They are of this node alone; those of its process (\`process_…\`, \`nodejs_…\`) come along.
[\`grafana-dashboard.json\`](grafana-dashboard.json) shows them: import it in Grafana and choose the data source.

Labels have few values: \`phase\` prefill (frames of several positions) or decode, \`state\` used or free, of the gateway's line running or waiting, \`direction\` sent or received, \`protocol\` ring, generate or blob, \`finish\` stop, length,
tool_calls, cancelled, failed or left (nobody read on), \`kind\` of a repair reset, silence, malformed, failure, reported, unreachable, forgotten, capacity, network, hedged or leaving, \`route\` the
template of a path, \`status\` 499 of a request whose client left before its answer. No metric names a peer, a session or a user. Times are seconds, sizes bytes. Where one answer's time went: \`shoal trace\`.

Made by \`SHOAL_WRITE_METRICS=1 npx mocha test/daemon/metrics.test.ts\`.

| metric | type | labels | |
| --- | --- | --- | --- |
${rows.map(({ name, type, help }) => `| \`${name}\` | ${type} | ${(labels.get(name) ?? []).join(', ')} | ${help} |`).join('\n')}
`
}
