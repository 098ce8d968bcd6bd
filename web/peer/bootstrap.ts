/** Where the page joins the swarm. Pure. */

export interface Place {
  readonly hostname: string
  /** Loaded over HTTPS: browsers then open no unencrypted WebSocket, but to this machine. */
  readonly encrypted: boolean
}

/** What a page can dial of a node's addresses, from where it is. */
export function dialable (addresses: readonly string[], { hostname, encrypted }: Place): string[] {
  const here = isLoopback(hostname)
  return addresses.filter((address) => {
    const local = /^\/(ip4\/127\.|ip6\/::1\/)/.test(address)
    if (local && !here) return false
    if (address.includes('/webrtc-direct/certhash/')) return true
    if (/\/(wss|tls\/(sni\/[^/]+\/)?ws)(\/|$)/.test(address)) return true
    return /\/ws(\/|$)/.test(address) && (!encrypted || local)
  })
}

/** `#join=ADDRESS`, the addresses or invites that a link to this page carries; a browser does not send it to anybody. */
export function joinOf (fragment: string): string[] {
  return new URLSearchParams(fragment.replace(/^#/, '')).getAll('join').map((text) => text.trim()).filter((text) => text !== '')
}

/** The node's own addresses, as `GET /api/peer` tells them. @throws {Error} where it tells something else */
export function addressesOf (body: unknown): string[] {
  if (typeof body === 'object' && body !== null && 'addresses' in body && Array.isArray(body.addresses)) {
    return body.addresses.filter((address) => typeof address === 'string')
  }
  throw new Error('the node did not tell its addresses')
}

const FIRST_AGAIN_MS = 2_000
const LAST_AGAIN_MS = 32_000

/** How long to wait after so many failures before this one. */
export const againMs = (failures: number): number => Math.min(LAST_AGAIN_MS, FIRST_AGAIN_MS * 2 ** failures)

const isLoopback = (hostname: string): boolean => hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname)
