/** A strict reader of Prometheus' text format, version 0.0.4. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly samples: Sample[]
}

const NAME = /^[a-z_:][a-z0-9_:]*$/
const SAMPLE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /^([a-z_][a-z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|NaN|\+Inf|-Inf)$/i
const SUFFIXES: Readonly<Record<Family['type'], readonly string[]>> = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'], summary: ['', '_sum', '_count'] }

function labelsOf (text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (let rest = text; rest !== '';) {
    const [all = '', name = '', value = ''] = LABEL.exec(rest) ?? []
    if (all === '') throw new Error(`no labels: ${rest}`)
    if (name in labels) throw new Error(`the label ${name} comes twice`)
    labels[name] = value
    rest = rest.slice(all.length)
  }
  return labels
}

function numberOf (text: string): number {
  if (!VALUE.test(text)) throw new Error(`no value: ${text}`)
  return Number(text.replace(/^\+?Inf$/, 'Infinity').replace('-Inf', '-Infinity'))
}

/** @throws {Error} where the text breaks a rule of the format */
export function readExposition (text: string): Family[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let help: { readonly name: string, readonly text: string } | undefined
  let current: Family | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword === 'HELP') {
      if (!NAME.test(name)) throw new Error(`no name: ${name}`)
      help = { name, text: rest }
    } else if (keyword === 'TYPE') {
      if (help?.name !== name) throw new Error(`${name} has no help`)
      if (families.has(name)) throw new Error(`${name} comes twice`)
      if (!(rest in SUFFIXES)) throw new Error(`no type: ${rest}`)
      current = { name, help: help.text, type: rest as Family['type'], samples: [] } // `as`: it is one of the keys
      families.set(name, current)
    } else {
      const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? []
      if (sample === '') throw new Error(`no sample: ${line}`)
      if (current === undefined || !SUFFIXES[current.type].some((suffix) => sample === `${current?.name ?? ''}${suffix}`)) throw new Error(`${sample} belongs to no family`)
      const parsed = { name: sample, labels: labelsOf(labels), value: numberOf(value) }
      const series = `${sample}${JSON.stringify(Object.entries(parsed.labels).sort())}`
      if (seen.has(series)) throw new Error(`${series} comes twice`)
      seen.add(series)
      current.samples.push(parsed)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family)
  return [...families.values()]
}

/** Buckets grow, and the last one is all. */
function checkHistogram ({ name, samples }: Family): void {
  const series = new Map<string, Sample[]>()
  for (const sample of samples) {
    const { le: _le, ...labels } = sample.labels
    const key = JSON.stringify(Object.entries(labels).sort())
    series.set(key, [...series.get(key) ?? [], sample])
  }
  for (const [key, own] of series) {
    const buckets = own.filter((sample) => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? ''))
    if (bounds.some((bound, index) => index > 0 && bound <= (bounds[index - 1] ?? Infinity))) throw new Error(`the bounds of ${name}${key} do not grow`)
    if (buckets.some(({ value }, index) => value < (buckets[index - 1]?.value ?? 0))) throw new Error(`the buckets of ${name}${key} do not add up`)
    if (bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== own.find((sample) => sample.name === `${name}_count`)?.value) throw new Error(`${name}${key} has no bucket of all`)
  }
}
