/** The swarm as a ring: layers go round, nodes are arcs of them, and an answer's tokens go round over its route. */
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { rate } from '../ui/format.ts'
import { arcLength, arcPath, coverageRuns, isBottom, placeArcs, spansOf, usedBy, angleOf, type Arc } from './geometry.ts'
import { ringText, shownSession, type LostNode, type SwarmState } from './swarm-state.ts'
import type { Range, RouteStage, Session, SwarmModel } from '../net/swarm-types.ts'

const COVERAGE = 84
const RAIL = 97
const FIRST_TRACK = 122
const OUTER = 178
const MAX_WIDTH = 26
const CHARACTER = 6.4
/** A lap takes a few milliseconds: the picture's is slowed down to what eyes can follow. */
const LAP_MS = { least: 1100, most: 5000 } as const

interface Track {
  readonly radius: number
  readonly width: number
}

function trackOf (index: number, count: number): Track {
  const step = Math.min(MAX_WIDTH + 5, (OUTER - FIRST_TRACK + MAX_WIDTH / 2) / count)
  return { radius: FIRST_TRACK + index * step, width: step - 5 }
}

interface LabelProps {
  readonly text: string
  readonly span: Range
  readonly radius: number
  readonly layerCount: number
  readonly className: string
}

/** Along a circle, in the middle of a span; cut where the span is too short, and none where it is far too short. */
function Label ({ text, span, radius, layerCount, className }: LabelProps): JSX.Element | null {
  const id = useId()
  const room = Math.floor((arcLength(radius, span, layerCount) - 10) / CHARACTER)
  if (room < 2) return null
  const reversed = isBottom(span, layerCount)
  return (
    <>
      <path id={id} d={arcPath(radius + (reversed ? 4 : -4), span, layerCount, { reversed })} />
      <text class={`arc-label ${className}`}><textPath href={`#${id}`} startOffset='50%'>{text.length > room ? `${text.slice(0, room - 1)}…` : text}</textPath></text>
    </>
  )
}

interface NodeArcProps {
  readonly arc: Arc
  readonly track: Track
  readonly layerCount: number
  readonly route: readonly RouteStage[]
  readonly running: boolean
}

function NodeArc ({ arc, track, layerCount, route, running }: NodeArcProps): JSX.Element {
  const used = usedBy(route, arc)
  const whole = used !== undefined && used[1] - used[0] > (arc.span[1] - arc.span[0]) / 2
  return (
    <g class={`node ${arc.state}`}>
      <path class='arc' d={arcPath(track.radius, arc.span, layerCount, { gap: 1.5 })} stroke-width={track.width} />
      {used !== undefined && <path class={`arc used ${running ? 'running' : ''}`} d={arcPath(track.radius, used, layerCount, { gap: 1.5 })} stroke-width={track.width} />}
      {track.width >= 11 && <Label text={arc.name} span={arc.span} radius={track.radius} layerCount={layerCount} className={whole ? 'on-route' : ''} />}
    </g>
  )
}

/** Those that were lost lie where they were, outside. */
function LostArc ({ lost, layerCount, radius }: { readonly lost: LostNode, readonly layerCount: number, readonly radius: number }): JSX.Element {
  return (
    <g class='node lost'>
      <path class='arc' d={arcPath(radius, lost.span, layerCount, { gap: 3 })} stroke-width={5} />
      <Label text={`${lost.name}, lost`} span={lost.span} radius={radius + 13} layerCount={layerCount} className='lost' />
    </g>
  )
}

function Tokens ({ session }: { readonly session: Session }): JSX.Element {
  const lapMs = session.tokensPerSecond > 0 ? 1000 / session.tokensPerSecond : 0
  const shownMs = Math.min(LAP_MS.most, LAP_MS.least + lapMs * 4)
  return (
    <g class={`tokens ${session.tokens > 0 ? 'moving' : ''}`} style={{ animationDuration: `${shownMs}ms` }}>
      {[0, 1, 2].map((third) => (
        <g key={third} transform={`rotate(${third * 120})`}>
          {[0, 1, 2, 3].map((tail) => <circle key={tail} cx={0} cy={-RAIL} r={5 - tail} opacity={1 - tail * 0.24} transform={`rotate(${-tail * 5.5})`} />)}
        </g>
      ))}
    </g>
  )
}

function Center ({ model, session }: { readonly model: SwarmModel, readonly session: Session | undefined }): JSX.Element {
  const missing = model.coverage.filter((count) => count === 0).length
  const [large, small, smaller] = session?.state === 'running'
    ? [session.tokens < 2 ? '…' : rate(session.tokensPerSecond), 'tokens/s', `${session.tokens} token${session.tokens === 1 ? '' : 's'}`]
    : missing > 0
      ? [String(missing), missing === 1 ? 'layer is served' : 'layers are served', 'by nobody']
      : [String(model.layerCount), 'layers', 'all served']
  return (
    <g class={`center ${missing > 0 && session?.state !== 'running' ? 'gaps' : ''}`}>
      <text class='large' y={-4}>{large}</text>
      <text class='small' y={20}>{small}</text>
      <text class='small' y={38}>{smaller}</text>
    </g>
  )
}

export function Ring ({ swarm, model }: { readonly swarm: SwarmState, readonly model: SwarmModel }): JSX.Element {
  const { layerCount, modelId } = model
  const session = shownSession(swarm, modelId)
  const running = session?.state === 'running'
  const route = session?.route ?? []
  const lost = swarm.lost.filter((each) => each.modelId === modelId && each.span[1] <= layerCount)
  const here = (swarm.view?.nodes ?? []).filter(({ peerId }) => !lost.some((each) => each.peerId === peerId))
  const { arcs, tracks, left } = placeArcs(spansOf(here, modelId, layerCount))
  const outermost = trackOf(tracks - 1, tracks)
  const lostRadius = outermost.radius + outermost.width / 2 + 9
  const half = Math.ceil(Math.max(outermost.radius + outermost.width / 2, lost.length > 0 ? lostRadius + 20 : 0) + 4)
  const marks = layerCount <= 12 ? Array.from({ length: layerCount }, (_, layer) => layer) : [0, 1, 2, 3].map((quarter) => Math.floor(quarter * layerCount / 4))
  return (
    <figure class='ring'>
      <svg viewBox={`${-half} ${-half} ${2 * half} ${2 * half}`} role='img' aria-label={ringText(swarm, modelId)}>
        {coverageRuns(model.coverage).map(({ span, count }) => (
          <path key={span[0]} class={`coverage c${count}`} d={arcPath(COVERAGE, span, layerCount, { gap: 1 })} stroke-width={count === 0 ? 8 : 4} />
        ))}
        {marks.map((layer) => {
          const angle = angleOf(layer + 0.5, layerCount)
          return <text key={layer} class='layer' x={71 * Math.cos(angle)} y={71 * Math.sin(angle)}>{layer}</text>
        })}
        <circle class='rail' r={RAIL} />
        {route.map(({ span }) => <path key={span[0]} class={`rail-route ${running ? 'running' : ''}`} d={arcPath(RAIL, span, layerCount, { gap: 2 })} />)}
        {arcs.map((arc) => (
          <NodeArc key={`${arc.peerId} ${arc.span[0]}`} arc={arc} track={trackOf(arc.track, tracks)} layerCount={layerCount} route={route} running={running} />
        ))}
        {lost.map((each) => <LostArc key={each.peerId} lost={each} layerCount={layerCount} radius={lostRadius} />)}
        {running && session !== undefined && <Tokens session={session} />}
        <Center model={model} session={session} />
      </svg>
      {left > 0 && <figcaption>and {left} more nodes, in the list below</figcaption>}
    </figure>
  )
}
