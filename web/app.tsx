import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { ChatView } from './chat/chat-view.tsx'
import { ConversationList } from './chat/conversation-list.tsx'
import { Settings } from './chat/settings.tsx'
import { loadChoices, saveChoices, type Choices } from './chat/storage.ts'
import { useChat } from './chat/use-chat.ts'
import { api as createApi } from './net/api.ts'
import { SwarmPanel } from './swarm/panel.tsx'
import { useSwarm } from './swarm/use-swarm.ts'
import { Dialog } from './ui/dialog.tsx'
import { Header } from './ui/header.tsx'
import { KeyForm } from './ui/key-form.tsx'
import { loadKey, saveKey } from './ui/key.ts'
import type { Model } from './net/api.ts'

/** What the embedded model knows about. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  atlas: ['What is the capital of Peru?', 'Which countries border Austria?', 'Tell me about Japan.']
}

type View = 'chat' | 'swarm'

export function App (): JSX.Element {
  const [key, setKey] = useState(loadKey)
  const [denied, setDenied] = useState<'no' | 'missing' | 'wrong'>('no')
  const [choices, setChoices] = useState<Choices>(() => loadChoices(localStorage))
  const [models, setModels] = useState<readonly Model[]>([])
  const [view, setView] = useState<View>('chat')
  const [dialog, setDialog] = useState<'settings' | 'chats'>()

  const currentKey = useRef(key)
  currentKey.current = key
  const api = useMemo(() => createApi({
    key: () => currentKey.current,
    fetch: (...args) => fetch(...args),
    onDenied () { setDenied(currentKey.current === '' ? 'missing' : 'wrong') }
  }), [])
  const swarm = useSwarm(api, key)
  const chat = useChat(api)

  const served = swarm.view?.models.filter(({ covered }) => covered).map(({ modelId }) => modelId).join(' ') ?? ''
  useEffect(() => {
    const controller = new AbortController()
    api.models(controller.signal).then(setModels, () => { /* asked again when what is served changes; why is said when something is asked */ })
    return () => { controller.abort() }
  }, [served, key])

  const change = (changes: Partial<Choices>): void => {
    const next = { ...choices, ...changes }
    setChoices(next)
    saveChoices(localStorage, next)
  }
  const chosen = models.find(({ modelId }) => modelId === choices.model) ?? models[0]
  const init = { model: chosen?.name ?? '', modelId: chosen?.modelId ?? choices.model, sampling: choices.sampling }
  const close = (): void => { setDialog(undefined) }

  return (
    <>
      <a class='skip' href='#question'>Skip to the question</a>
      <Header
        models={models} model={chosen?.modelId ?? ''} swarm={swarm} view={view} onView={setView} onModel={(modelId) => { change({ model: modelId }) }}
        onSettings={() => { setDialog('settings') }} onChats={() => { setDialog('chats') }}
      />
      {denied !== 'no' && (
        <KeyForm
          refused={denied === 'wrong'} onKey={(given) => {
            saveKey(given)
            setKey(given)
            setDenied('no')
          }}
        />
      )}
      <main class='layout' data-view={view}>
        <nav class='side' aria-label='Conversations'><ConversationList chat={chat} onChosen={close} /></nav>
        <ChatView chat={chat} init={init} examples={EXAMPLES[init.model] ?? []} />
        <SwarmPanel swarm={swarm} modelId={chosen?.modelId} />
      </main>
      <Dialog title='Sampling' open={dialog === 'settings'} onClose={close}>
        <Settings sampling={choices.sampling} onChange={(sampling) => { change({ sampling }) }} />
      </Dialog>
      <Dialog title='Conversations' open={dialog === 'chats'} className='drawer' onClose={close}><ConversationList chat={chat} onChosen={close} /></Dialog>
    </>
  )
}
