import type { JSX } from 'preact'
import { duration, positions } from '../ui/format.ts'
import { layersText, usedBy } from './geometry.ts'
import { shownSession, type SwarmState } from './swarm-state.ts'
import type { ServedSpan } from '../net/swarm-types.ts'

const STATES: Readonly<Record<string, string>> = { claiming: 'choosing layers', loading: 'loading', draining: 'leaving' }

function Facts ({ span, roundTrip }: { readonly span: ServedSpan, readonly roundTrip: string }): JSX.Element {
  const free = span.freeSlots.filter(([, slots]) => slots > 0).map(([capacity, slots]) => `${slots} × ${positions(capacity)}`)
  return (
    <dl>
      <div><dt>Round trip</dt><dd>{roundTrip}</dd></div>
      <div><dt>A token</dt><dd>{span.decodeMsPerToken > 0 ? duration(span.decodeMsPerToken) : '–'}</dd></div>
      <div><dt>Queue</dt><dd>{span.queueMs > 0 ? duration(span.queueMs) : 'empty'}</dd></div>
      <div><dt>Free KV slots</dt><dd>{free.length === 0 ? 'none' : free.join(', ')}</dd></div>
    </dl>
  )
}

export function Nodes ({ swarm, modelId }: { readonly swarm: SwarmState, readonly modelId: string }): JSX.Element {
  const route = shownSession(swarm, modelId)?.route ?? []
  const nodes = swarm.view?.nodes ?? []
  const lost = swarm.lost.filter((each) => each.modelId === modelId)
  const here = nodes.filter(({ peerId }) => !lost.some((each) => each.peerId === peerId))
  const serving = here.flatMap((node) => node.spans.filter((span) => span.modelId === modelId && span.state !== 'gone').map((span) => ({ node, span })))
  return (
    <ul class='nodes'>
      {serving.map(({ node, span }) => {
        const isSelf = node.peerId === swarm.view?.self
        const state = STATES[span.state]
        return (
          <li key={`${node.peerId} ${span.span[0]}`} class={usedBy(route, { peerId: node.peerId, span: span.span }) === undefined ? '' : 'on-route'}>
            <h4>{node.name} <span>{layersText(span.span)}</span>{isSelf && <em>this node</em>}{state !== undefined && <em>{state}</em>}</h4>
            <Facts span={span} roundTrip={isSelf ? 'here' : node.roundTripMs == null ? '–' : duration(node.roundTripMs)} />
          </li>
        )
      })}
      {lost.map(({ peerId, name, span }) => (
        <li key={`lost ${peerId}`} class='lost'><h4>{name} <span>{layersText(span)}</span><em>lost</em></h4></li>
      ))}
    </ul>
  )
}
