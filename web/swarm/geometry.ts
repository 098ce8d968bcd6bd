/** Where things lie on the ring: layer 0 begins at the top, and layers go round clockwise. Angles in radians, lengths in the picture's own units. Pure. */
import type { Range, RouteStage, SwarmNode } from '../net/swarm-types.ts'

export interface Arc {
  readonly peerId: string
  readonly name: string
  readonly span: Range
  readonly state: string
  /** 0 is the innermost. */
  readonly track: number
}

export interface Placed {
  readonly arcs: readonly Arc[]
  readonly tracks: number
  /** Nodes that found no track. */
  readonly left: number
}

/** So many circles can still be told apart. */
export const MAX_TRACKS = 8

/** Puts spans that overlap on different circles, each as far inside as there is room; those that come first lie inside. */
export function placeArcs (spans: ReadonlyArray<Omit<Arc, 'track'>>, maxTracks = MAX_TRACKS): Placed {
  const ordered = [...spans].sort((a, b) => a.span[0] - b.span[0] || b.span[1] - a.span[1] || (a.peerId < b.peerId ? -1 : 1))
  const ends: number[] = []
  const arcs: Arc[] = []
  for (const each of ordered) {
    const free = ends.findIndex((end) => end <= each.span[0])
    const track = free < 0 ? ends.length : free
    if (track >= maxTracks) continue
    ends[track] = each.span[1]
    arcs.push({ ...each, track })
  }
  return { arcs, tracks: Math.max(1, ends.length), left: ordered.length - arcs.length }
}

/** What nodes serve, or will serve, of a model, cut to its layers. */
export function spansOf (nodes: readonly SwarmNode[], modelId: string, layerCount: number): Array<Omit<Arc, 'track'>> {
  return nodes.flatMap(({ peerId, name, spans }) => spans.flatMap((each) => {
    const [start, end] = each.span
    return each.modelId === modelId && each.state !== 'gone' && start < layerCount
      ? [{ peerId, name, state: each.state, span: [start, Math.min(end, layerCount)] as const }]
      : []
  }))
}

/** Neighbouring layers that are served by equally many, as far as the picture tells them apart: 0, 1, or more. */
export function coverageRuns (coverage: readonly number[]): Array<{ readonly span: Range, readonly count: 0 | 1 | 2 }> {
  const runs: Array<{ span: [number, number], count: 0 | 1 | 2 }> = []
  coverage.forEach((nodes, layer) => {
    const count = nodes >= 2 ? 2 : nodes === 1 ? 1 : 0
    const last = runs.at(-1)
    if (last?.count === count) last.span[1] = layer + 1
    else runs.push({ span: [layer, layer + 1], count })
  })
  return runs
}

export const angleOf = (layer: number, layerCount: number): number => 2 * Math.PI * layer / layerCount - Math.PI / 2

const number = (value: number): string => String(Math.round(value * 100) / 100)
const point = (radius: number, angle: number): string => `${number(radius * Math.cos(angle))} ${number(radius * Math.sin(angle))}`

/**
 * An SVG path along the circle.
 * @param gap left out at each end, as a length
 * @param reversed drawn counter-clockwise, so that text on it stands upright at the bottom
 */
export function arcPath (radius: number, [start, end]: Range, layerCount: number, { gap = 0, reversed = false }: { readonly gap?: number, readonly reversed?: boolean } = {}): string {
  const cut = Math.min(gap / radius, (end - start) * Math.PI / layerCount * 0.9)
  const from = angleOf(start, layerCount) + cut
  const to = angleOf(end, layerCount) - cut
  // an arc from a point to itself is none: every arc goes by its middle
  const points = [from, (from + to) / 2, to].map((angle) => point(radius, angle))
  if (reversed) points.reverse()
  const step = `A${number(radius)} ${number(radius)} 0 0 ${reversed ? 0 : 1} `
  return `M${points.join(step)}`
}

/** Text there would stand on its head if it went clockwise. */
export function isBottom ([start, end]: Range, layerCount: number): boolean {
  return Math.sin(angleOf((start + end) / 2, layerCount)) > 0.05
}

/** How long an arc is. */
export const arcLength = (radius: number, [start, end]: Range, layerCount: number): number => 2 * Math.PI * radius * (end - start) / layerCount

/** `layer 3` or `layers 3 to 5`, as people count: both ends belong to it. */
export function layersText ([start, end]: Range): string {
  return end - start === 1 ? `layer ${start}` : `layers ${start} to ${end - 1}`
}

/** As a cell of a table. */
export const rangeText = ([start, end]: Range): string => (end - start === 1 ? `${start}` : `${start}–${end - 1}`)

/** The share of an arc that a route uses. */
export function usedBy (route: readonly RouteStage[], { peerId, span: [start, end] }: Pick<Arc, 'peerId' | 'span'>): Range | undefined {
  const stage = route.find((each) => each.peerId === peerId && each.span[0] < end && each.span[1] > start)
  return stage === undefined ? undefined : [Math.max(start, stage.span[0]), Math.min(end, stage.span[1])]
}
