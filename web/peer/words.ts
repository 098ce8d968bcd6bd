/** What the page says of what happens. Pure. */
import type { PeerConnection, ProgressEvent, Result, RouteStage, Way } from '../../src/client/browser.ts'

const ways: Readonly<Record<Way, string>> = {
  websocket: 'WebSocket', 'webrtc-direct': 'WebRTC-direct', webrtc: 'WebRTC', relay: 'relay', tcp: 'TCP', other: 'another way'
}

export const wayWord = (way: Way): string => ways[way]

/** Peer ids begin alike: their ends tell them apart. */
export const shortPeer = (peerId: string): string => `…${peerId.slice(-8)}`

export const connectionWords = ({ way, peerId }: PeerConnection): string => `Connected by ${wayWord(way)} to ${shortPeer(peerId)}`

const routeWords = (route: readonly RouteStage[]): string => route.map(({ peerId, span: [start, end] }) => `${shortPeer(peerId)}[${start}:${end}]`).join(' → ')

export function progressWords (event: ProgressEvent): string {
  switch (event.kind) {
    case 'joined':
      return connectionWords(event)
    case 'finding':
      return event.model === undefined ? 'Looking for models…' : `Looking for ${event.model}…`
    case 'waiting':
      return event.for === 'loading' ? 'Waiting for nodes that are loading…' : 'Looking for nodes…'
    case 'model':
      return `Asking ${event.model}…`
    case 'connected':
      return `Asking ${shortPeer(event.peerId)} by ${wayWord(event.way)}…`
    case 'route':
      return `Route: ${routeWords(event.route)}`
    case 'repaired':
      return `${routeWords(event.lost)} was lost; the answer goes on after ${Math.round(event.tookMs)} ms by ${routeWords(event.route)}`
    case 'toolCall':
      return `Calls ${event.call.name}`
  }
}

export const resultWords = ({ usage, timings, route }: Result): string =>
  `${usage.completionTokens} tokens, ${timings.tokensPerSecond.toFixed(1)} a second, by ${routeWords(route)}`
