import type { JSX } from 'preact'
import { bytes, duration, rate } from '../ui/format.ts'
import { rangeText } from './geometry.ts'
import { nameOf, type SwarmState } from './swarm-state.ts'
import type { HopTiming, RouteStage, Session } from '../net/swarm-types.ts'

const same = (a: RouteStage, b: RouteStage): boolean => a.peerId === b.peerId && a.span[0] === b.span[0]

/** Time of one lap at this stage: measured in this answer where the stage told, else what its record says. */
function lapMs (swarm: SwarmState, stage: RouteStage, hop: HopTiming | undefined): number | undefined {
  if (hop !== undefined && hop.laps > 0) return hop.computeMs / hop.laps
  const span = swarm.view?.nodes.find(({ peerId }) => peerId === stage.peerId)?.spans.find(({ span: [start, end] }) => start <= stage.span[0] && end >= stage.span[1])
  return span === undefined || span.decodeMsPerToken <= 0 ? undefined : span.decodeMsPerToken
}

const STATES: Readonly<Record<Session['state'], string>> = { running: 'Route of the running answer', done: 'Route of the last answer', cancelled: 'Route of the last answer', failed: 'Route of the last answer' }

/** The route, hop by hop. */
export function Hops ({ swarm, session }: { readonly swarm: SwarmState, readonly session: Session | undefined }): JSX.Element {
  if (session === undefined) return <p class='small'>Ask something, and its route shows here.</p>
  return (
    <div class='scrolls' tabIndex={0} role='region' aria-label={STATES[session.state]}>
      <table class='hops'>
        <caption>{STATES[session.state]}</caption>
        <thead>
          <tr><th scope='col'>Node</th><th scope='col'>Layers</th><th scope='col'>Round trip</th><th scope='col'>A token</th><th scope='col'>Tokens/s</th>{session.hops.length > 0 && <th scope='col'>Sent</th>}</tr>
        </thead>
        <tbody>
          {session.route.map((stage) => {
            const node = swarm.view?.nodes.find(({ peerId }) => peerId === stage.peerId)
            const hop = session.hops.find((each) => same(each, stage))
            const ms = lapMs(swarm, stage, hop)
            const isSelf = stage.peerId === swarm.view?.self
            return (
              <tr key={`${stage.peerId} ${stage.span[0]}`}>
                <th scope='row'>{nameOf(swarm, stage.peerId)}</th>
                <td>{rangeText(stage.span)}</td>
                <td>{isSelf ? 'here' : node?.roundTripMs == null ? '–' : duration(node.roundTripMs)}</td>
                <td>{ms === undefined ? '–' : duration(ms)}</td>
                <td>{ms === undefined ? '–' : rate(1000 / ms)}</td>
                {session.hops.length > 0 && <td>{hop === undefined ? '–' : bytes(hop.bytesSent)}</td>}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
