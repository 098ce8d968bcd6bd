/** The page at /peer: the thin client of `shoal-node/client`, in a browser. */
import { connect, type Message, type SwarmClient } from '../../src/client/browser.ts'
import { addressesOf, dialable, joinOf } from './bootstrap.ts'
import { view } from './view.ts'
import { connectionWords, progressWords, resultWords } from './words.ts'

const LOOK_EVERY_MS = 1_000
const JOIN_TIMEOUT_MS = 30_000

const page = view(document)
let swarm: SwarmClient | undefined
let messages: Message[] = []
let asking: AbortController | undefined

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

async function join (addresses: Promise<readonly string[]>): Promise<void> {
  page.state('joining')
  page.status('Joining…')
  try {
    if (!isSecureContext) throw new Error('browsers keep what this page needs for pages over HTTPS or from this machine: open it at localhost, or behind HTTPS')
    await swarm?.close()
    swarm = undefined
    swarm = await connect({ bootstrap: await addresses, signal: AbortSignal.timeout(JOIN_TIMEOUT_MS) })
    look()
    page.models(await swarm.models())
    page.state('ready')
  } catch (error) {
    page.status(`Not connected: ${words(error)}`, true)
    page.state('offline')
  }
}

/** The connections as they are. */
function look (): void {
  if (swarm === undefined) return
  const connections = swarm.connections()
  const joined = connections.find(({ peerId }) => swarm?.joined.includes(peerId)) ?? connections[0]
  page.status(joined === undefined ? 'Not connected now: load the page again to join anew' : connectionWords(joined), joined === undefined)
  page.connections(connections)
}

async function ask (question: string): Promise<void> {
  if (swarm === undefined) return
  const model = page.model()
  const asked: Message[] = [...messages, { role: 'user', content: question }]
  const controller = new AbortController()
  asking = controller
  page.state('answering')
  page.turn('user', question)
  const turn = page.turn('assistant')
  let text = ''
  try {
    const answer = swarm.generate({ messages: asked, ...(model === undefined ? {} : { model }) }, {
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
    page.state('ready')
  }
}

page.onAsk((question) => { void ask(question) })
page.onStop(() => { asking?.abort() })
page.onClear(() => {
  asking?.abort()
  if (asking !== undefined) page.state('ready')
  asking = undefined
  messages = []
  page.clear()
  page.progress('')
})
page.onJoin((address) => { void join(Promise.resolve([address])) })
addEventListener('hashchange', () => { void join(bootstrap()) })
setInterval(look, LOOK_EVERY_MS)
void join(bootstrap())
