/** The page's elements: everything that came from elsewhere is put in as text. */
import { shortPeer, wayWord } from './words.ts'
import type { ModelView, PeerConnection } from '../../src/client/browser.ts'

export interface Turn {
  append (text: string): void
  /** What became of it, behind its text. */
  note (text: string, wrong?: boolean): void
}

export type PageState = 'joining' | 'offline' | 'ready' | 'answering'

export interface View {
  status (text: string, wrong?: boolean): void
  progress (text: string): void
  connections (connections: readonly PeerConnection[]): void
  models (models: readonly ModelView[]): void
  /** The id of the model that is chosen. */
  model (): string | undefined
  turn (who: 'user' | 'assistant', text?: string): Turn
  clear (): void
  /** `offline`: asks where to join; `ready`: takes a question; `answering`: can be stopped. */
  state (state: PageState): void
  /** What the handler does not take stays where it was typed. */
  onAsk (handler: (question: string) => boolean): void
  onStop (handler: () => void): void
  onClear (handler: () => void): void
  onJoin (handler: (address: string) => void): void
}

export function view (page: Document): View {
  const find = <E extends HTMLElement> (id: string, type: new () => E): E => {
    const element = page.getElementById(id)
    if (!(element instanceof type)) throw new Error(`the page has no ${id}`)
    return element
  }
  const status = find('status', HTMLElement)
  const progress = find('progress', HTMLElement)
  const peers = find('peers', HTMLElement)
  const rows = find('connections', HTMLElement)
  const join = find('join', HTMLFormElement)
  const address = find('address', HTMLInputElement)
  const turns = find('turns', HTMLElement)
  const ask = find('ask', HTMLFormElement)
  const question = find('question', HTMLTextAreaElement)
  const model = find('model', HTMLSelectElement)
  const send = find('send', HTMLButtonElement)
  const stop = find('stop', HTMLButtonElement)

  const element = (tag: string, text: string, className = ''): HTMLElement => {
    const made = page.createElement(tag)
    made.textContent = text
    made.className = className
    return made
  }
  let shown = ''

  question.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    if (!send.disabled) ask.requestSubmit()
  })

  return {
    status: (text, wrong = false) => {
      status.textContent = text
      status.classList.toggle('wrong', wrong)
    },
    progress: (text) => { progress.textContent = text },
    connections: (connections) => {
      const now = JSON.stringify(connections)
      if (now === shown) return
      shown = now
      peers.hidden = connections.length === 0
      rows.replaceChildren(...connections.map(({ peerId, way, address: at }) => {
        const row = page.createElement('tr')
        row.append(...[shortPeer(peerId), wayWord(way), at].map((text) => element('td', text)))
        return row
      }))
    },
    models: (models) => {
      const chosen = model.value
      model.replaceChildren(...models.filter(({ covered }) => covered).map(({ model: name, modelId }) => {
        const option = page.createElement('option')
        option.value = modelId
        option.textContent = name
        return option
      }))
      if (models.some(({ modelId }) => modelId === chosen)) model.value = chosen
    },
    model: () => model.value === '' ? undefined : model.value,
    turn: (who, text = '') => {
      const turn = element('div', '', `turn ${who}`)
      const said = element('span', text, 'said')
      turn.append(element('span', who === 'user' ? 'You' : 'Answer', 'who'), said)
      turns.append(turn)
      return {
        append: (more) => { said.append(more) },
        note: (note, wrong = false) => { turn.append(element('span', note, wrong ? 'who wrong' : 'who')) }
      }
    },
    clear: () => { turns.replaceChildren() },
    state: (state) => {
      join.hidden = state !== 'offline'
      send.disabled = state !== 'ready'
      stop.disabled = state !== 'answering'
      turns.ariaBusy = String(state === 'answering')
    },
    onAsk: (handler) => {
      ask.addEventListener('submit', (event) => {
        event.preventDefault()
        const text = question.value.trim()
        if (text !== '' && !send.disabled && handler(text)) question.value = ''
      })
    },
    onStop: (handler) => { stop.addEventListener('click', handler) },
    onClear: (handler) => { find('clear', HTMLButtonElement).addEventListener('click', handler) },
    onJoin: (handler) => {
      join.addEventListener('submit', (event) => {
        event.preventDefault()
        handler(address.value.trim())
      })
    }
  }
}
