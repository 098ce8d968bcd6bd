/** The swarm on a terminal: pure, from what a node sees to lines that fit. Names come from others and are shown, never obeyed. */
import { bytes, freeOf, shortPeer } from './format.ts'
import type { Overview } from '../daemon/index.ts'

export interface Line {
  readonly text: string
  readonly style?: 'title' | 'dim' | 'bad'
}

export interface ScreenInit {
  readonly columns: number
  readonly rows: number
  /** Of the day, as it is shown. */
  readonly time: string
  /** Measured between the last two looks; undefined: there was only one. */
  readonly tokensPerSecond: number | undefined
  /** Why there is nothing new, if there is nothing new. */
  readonly note?: string | undefined
}

type Node = Overview['nodes'][number]
type Model = Overview['models'][number]
type Served = Node['spans'][number]

const MIN_BAR = 8
const MAX_BAR = 64
/** Of a column: the lower ones go first where the terminal is narrow. */
interface Column {
  readonly title: string
  readonly keep: number
  cell (node: Node, served: Served | undefined): string
}

// what moves a cursor, or turns the text round
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '?')
const fitted = (text: string, columns: number): string => {
  const characters = Array.from(text)
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`.slice(0, columns)
}
const number = (value: number, digits = 1): string => value > 0 ? value.toFixed(digits) : ''

export function statusScreen (seen: Overview | undefined, { columns, rows, time, tokensPerSecond, note }: ScreenInit): Line[] {
  const lines: Line[] = [{ text: headline(seen, time), style: 'title' }]
  if (note !== undefined) lines.push({ text: note, style: 'bad' })
  if (seen !== undefined) {
    const foot = own(seen, tokensPerSecond)
    const body = [...seen.models.flatMap((model) => modelLines(model, seen, columns)), ...others(seen)]
    const room = Math.max(1, rows - lines.length - foot.length)
    lines.push(...(body.length <= room ? body : [...body.slice(0, room - 1), { text: `… ${body.length - room + 1} more lines: make the terminal higher`, style: 'dim' as const }]), ...foot)
  }
  return lines.slice(0, Math.max(1, rows)).map(({ text, ...rest }) => ({ text: fitted(printable(text), columns), ...rest }))
}

function headline (seen: Overview | undefined, time: string): string {
  const self = seen?.self == null ? '' : `  …${shortPeer(seen.self)}`
  return `shoal${self}${seen?.own == null ? '' : `  ${seen.own.phase}`}  ${time}`
}

function modelLines (model: Model, { nodes, self }: Overview, columns: number): Line[] {
  const bar = Math.max(MIN_BAR, Math.min(MAX_BAR, model.layerCount, columns - 2))
  const rowsOf = nodes.flatMap((node) => node.spans.filter(({ modelId }) => modelId === model.modelId).map((served) => ({ node, served })))
  const gaps = model.missing.map(([start, end]) => `${start}:${end}`).join(', ')
  return [
    { text: '' },
    { text: `${model.model}  ${model.layerCount} layers, ${model.nodes} ${model.nodes === 1 ? 'node' : 'nodes'}`, style: 'title' },
    model.covered ? { text: '  every layer is served' } : { text: `  nobody serves ${gaps}`, style: 'bad' },
    { text: `  ${coverageBar(model, bar)}`, ...(model.covered ? {} : { style: 'bad' as const }) },
    ...tableOf(rowsOf, model, self, columns)
  ]
}

/** One cell a layer, or several layers' worst: how many nodes serve it. */
export function coverageBar ({ coverage, layerCount }: Pick<Model, 'coverage' | 'layerCount'>, width: number): string {
  return cells(layerCount, width, (start, end) => {
    const least = Math.min(...coverage.slice(start, end))
    return least > 9 ? '+' : least === 0 ? '·' : String(least)
  })
}

/** A span among a model's layers. */
export function spanBar ([start, end]: readonly [number, number], layerCount: number, width: number, isServed: boolean): string {
  return cells(layerCount, width, (from, to) => from < end && to > start ? (isServed ? '█' : '▒') : '░')
}

function cells (layerCount: number, width: number, cell: (start: number, end: number) => string): string {
  const count = Math.min(width, layerCount)
  return Array.from({ length: count }, (_, index) => cell(Math.floor(index * layerCount / count), Math.max(1, Math.floor((index + 1) * layerCount / count)))).join('')
}

function tableOf (rows: ReadonlyArray<{ readonly node: Node, readonly served: Served }>, { layerCount }: Model, self: string | null, columns: number): Line[] {
  const all: readonly Column[] = [
    { title: 'NODE', keep: 9, cell: ({ peerId }) => `…${shortPeer(peerId)}${peerId === self ? '*' : ''}` },
    { title: 'LAYERS', keep: 8, cell: (_, served) => served === undefined ? '' : `${served.span[0]}:${served.span[1]}` },
    { title: 'STATE', keep: 7, cell: (_, served) => served?.state ?? '' },
    { title: 'MS/TOKEN', keep: 5, cell: (_, served) => number(served?.decodeMsPerToken ?? 0) },
    { title: 'FREE', keep: 4, cell: (_, served) => served === undefined ? '' : freeOf(served.freeSlots) },
    { title: 'RTT', keep: 3, cell: ({ roundTripMs }) => roundTripMs === null ? '' : `${roundTripMs.toFixed(1)} ms` },
    { title: 'QUEUE', keep: 2, cell: (_, served) => served === undefined ? '' : `${Math.round(served.queueMs)} ms` },
    { title: 'PREFILL/S', keep: 1, cell: (_, served) => number(served?.prefillTokensPerSecond ?? 0, 0) },
    { title: 'NAME', keep: 0, cell: ({ name }) => printable(name) },
    { title: 'DEVICE', keep: -1, cell: ({ device }) => printable(device.label) }
  ]
  const made = all.map((column) => {
    const texts = [column.title, ...rows.map(({ node, served }) => column.cell(node, served))]
    return { keep: column.keep, texts, width: Math.max(...texts.map((text) => Array.from(text).length)) }
  })
  let shown = made
  const widthOf = (): number => 2 + shown.reduce((sum, { width }) => sum + width + 2, 0)
  while (shown.length > 2 && widthOf() + MIN_BAR > columns) {
    const least = Math.min(...shown.map(({ keep }) => keep))
    shown = shown.filter(({ keep }) => keep !== least)
  }
  const bar = Math.min(MAX_BAR, layerCount, Math.max(0, columns - widthOf()))
  const line = (index: number, middle: string): string => {
    const [first, ...rest] = shown.map(({ texts, width }) => (texts[index] ?? '').padEnd(width))
    return `  ${[first ?? '', ...(bar >= Math.min(MIN_BAR, layerCount) ? [middle.padEnd(bar)] : []), ...rest].join('  ').trimEnd()}`
  }
  return [
    { text: line(0, ''), style: 'dim' },
    ...rows.map(({ served }, index): Line => ({
      text: line(index + 1, spanBar(served.span, layerCount, bar, served.state === 'online')), ...(served.state === 'online' ? {} : { style: 'dim' })
    }))
  ]
}

/** Nodes that serve no layers. */
function others ({ nodes, self }: Overview): Line[] {
  const idle = nodes.filter(({ spans }) => spans.length === 0)
  if (idle.length === 0) return nodes.length === 0 ? [{ text: '' }, { text: 'no nodes' }] : []
  return [{ text: '' }, ...idle.map(({ peerId, name, offers, roundTripMs }): Line => ({
    text: `…${shortPeer(peerId)}${peerId === self ? '*' : ''}  ${name}  ${offers.length > 0 ? `gives away ${offers.map(({ model }) => model).join(', ')}` : 'serves nothing yet'}${roundTripMs === null ? '' : `  ${roundTripMs.toFixed(1)} ms`}`,
    style: 'dim'
  }))]
}

const MAX_RUNNING = 5

/** What the node on this machine does. */
function own ({ own: here }: Overview, tokensPerSecond: number | undefined): Line[] {
  if (here === null) return []
  const { running } = here
  return [
    { text: '' },
    { text: summary(here, tokensPerSecond) },
    ...running.slice(0, MAX_RUNNING).map(({ sessionId, promptTokens, completionTokens, tokensPerSecond: rate, totalMs, route }): Line => ({
      text: `  ${sessionId.slice(0, 8)}  ${promptTokens} + ${completionTokens} tokens  ${rate.toFixed(1)}/s  ${(totalMs / 1000).toFixed(1)} s  ` +
        route.map(({ peerId, span: [start, end] }) => `…${shortPeer(peerId).slice(-4)}[${start}:${end}]`).join(' '),
      style: 'dim'
    })),
    ...(running.length > MAX_RUNNING ? [{ text: `  and ${running.length - MAX_RUNNING} more`, style: 'dim' as const }] : [])
  ]
}

function summary ({ answers, stages, kv, repairs }: NonNullable<Overview['own']>, tokensPerSecond: number | undefined): string {
  const mended = Object.entries(repairs).map(([kind, count]) => `${count} ${kind}`)
  return [
    `${answers} ${answers === 1 ? 'answer' : 'answers'}`,
    `${stages} ${stages === 1 ? 'session' : 'sessions'} of stages`,
    ...(tokensPerSecond === undefined ? [] : [`${tokensPerSecond.toFixed(1)} tokens/s`]),
    ...(kv === null ? [] : [`KV ${kv.usedSlots} of ${kv.slots} slots, ${bytes(kv.usedBytes)}${kv.bytes === null ? '' : ` of ${bytes(kv.bytes)}`}`]),
    `repairs: ${mended.length === 0 ? 'none' : mended.join(', ')}`
  ].join(' · ')
}

/** The same in one line, for what is no terminal. */
export function statusLine (seen: Overview, { time, tokensPerSecond }: Pick<ScreenInit, 'time' | 'tokensPerSecond'>): string {
  const models = seen.models.map(({ model, layerCount, covered, missing, nodes }) =>
    `${model} ${layerCount} layers by ${nodes}${covered ? '' : `, nobody serves ${missing.map(([start, end]) => `${start}:${end}`).join(', ')}`}`)
  return printable([time, models.length === 0 ? 'no layers are served' : models.join('; '), ...(seen.own === null ? [] : [summary(seen.own, tokensPerSecond)])].join(' · '))
}
