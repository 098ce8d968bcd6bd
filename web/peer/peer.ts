/** The page at /peer: the thin client of `shoal-node/client`, in a browser. */
import { connect, type Message, type SwarmClient } from '../../src/client/browser.ts'
import { addressesOf, againMs, dialable, joinOf } from './bootstrap.ts'
import { view } from './view.ts'
import { connectionWords, progressWords, resultWords } from './words.ts'

const LOOK_EVERY_MS = 1_000
const JOIN_TIMEOUT_MS = 30_000

const page = view(document)
let swarm: SwarmClient | undefined
let messages: Message[] = []
let asking: AbortController | undefined
/** What the page is without a swarm. */
let without: 'joining' | 'offline' = 'joining'

/** A question is taken where there is a swarm to ask, whatever happened before. */
const show = (): void => { page.state(asking !== undefined ? 'answering' : swarm !== undefined ? 'ready' : without) }

const words = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** From the link to this page, else this page's own node. */
async function bootstrap (): Promise<string[]> {
  const told = joinOf(location.hash)
  if (told.length > 0) return told
  const response = await fetch('/api/peer')
  if (!response.ok) throw new Error('the node that this page came from does not tell its addresses')
  const addresses = dialable(addressesOf(await response.json()), { hostname: location.hostname, encrypted: location.protocol === 'https:' })
  if (addresses.length === 0) throw new Error('the node that this page came from listens at no address that a page can reach: it needs one with /ws or /webrtc-direct')
  return addresses
}

/** Where to join: asked anew each time, as a node that was started again may have other addresses. */
let place: () => Promise<readonly string[]> = bootstrap
let attempts = 0
let failures = 0
let again: ReturnType<typeof setTimeout> | undefined

/** @param quietly what stands on the page stays there, so that an address can be typed meanwhile */
async function join (quietly = false): Promise<void> {
  const attempt = ++attempts
  clearTimeout(again)
  again = undefined
  if (!isSecureContext) {
    page.status('Not connected: browsers keep what this page needs for pages over HTTPS or from this machine: open it at localhost, or behind HTTPS', true)
    return
  }
  if (!quietly) without = 'joining'
  page.status('Joining…')
  const before = swarm
  swarm = undefined
  show()
  let joined: SwarmClient | undefined
  try {
    await before?.close()
    joined = await connect({ bootstrap: await place(), signal: AbortSignal.timeout(JOIN_TIMEOUT_MS) })
    const models = await joined.models()
    if (attempt === attempts) {
      swarm = joined
      failures = 0
      page.models(models)
      look()
      show()
      return
    }
  } catch (error) {
    if (attempt === attempts) {
      const waitMs = againMs(failures++)
      page.status(`Not connected: ${words(error)}. Trying again in ${waitMs / 1000} s`, true)
      without = 'offline'
      show()
      again = setTimeout(() => { void join(true) }, waitMs)
    }
  }
  // nobody asks here
  await joined?.close()
}

/** The connections as they are; whoever has none and asks nothing joins anew. */
function look (): void {
  if (swarm === undefined) return
  const connections = swarm.connections()
  const joined = connections.find(({ peerId }) => swarm?.joined.includes(peerId)) ?? connections[0]
  page.connections(connections)
  if (joined !== undefined) page.status(connectionWords(joined))
  else if (asking === undefined) void join()
}

async function ask (of: SwarmClient, question: string): Promise<void> {
  const model = page.model()
  const asked: Message[] = [...messages, { role: 'user', content: question }]
  const controller = new AbortController()
  asking = controller
  show()
  page.turn('user', question)
  const turn = page.turn('assistant')
  let text = ''
  try {
    const answer = of.generate({ messages: asked, ...(model === undefined ? {} : { model }) }, {
      signal: controller.signal,
      on: (event) => {
        page.progress(progressWords(event))
        look()
      }
    })
    for await (const token of answer) {
      text += token.text
      turn.append(token.text)
    }
    const result = await answer.result()
    page.progress(resultWords(result))
  } catch (error) {
    turn.note(controller.signal.aborted ? 'stopped' : words(error), !controller.signal.aborted)
    page.progress('')
  }
  // a conversation that was cleared meanwhile stays so
  if (asking === controller) {
    asking = undefined
    if (text !== '') messages = [...asked, { role: 'assistant', content: text }]
    show()
  }
}

page.onAsk((question) => {
  if (swarm === undefined) return false
  void ask(swarm, question)
  return true
})
page.onStop(() => { asking?.abort() })
page.onClear(() => {
  asking?.abort()
  asking = undefined
  show()
  messages = []
  page.clear()
  page.progress('')
})
const joinAt = (where: typeof place): void => {
  place = where
  failures = 0
  void join()
}
page.onJoin((address) => { joinAt(() => Promise.resolve([address])) })
addEventListener('hashchange', () => { joinAt(bootstrap) })
setInterval(look, LOOK_EVERY_MS)
joinAt(bootstrap)
