import type { JSX } from 'preact'
import { Icon, Logo } from './icons.tsx'
import { useTheme, type Theme } from './theme.ts'
import type { Model } from '../net/api.ts'
import type { SwarmState } from '../swarm/swarm-state.ts'

export interface HeaderProps {
  readonly models: readonly Model[]
  /** The chosen one's id. */
  readonly model: string
  readonly swarm: SwarmState
  readonly view: 'chat' | 'swarm'
  onView (view: 'chat' | 'swarm'): void
  onModel (modelId: string): void
  onSettings (): void
  onChats (): void
}

const THEMES: Readonly<Record<Theme, { readonly icon: 'auto' | 'sun' | 'moon', readonly label: string }>> = {
  auto: { icon: 'auto', label: 'Colours: as the system' },
  light: { icon: 'sun', label: 'Colours: light' },
  dark: { icon: 'moon', label: 'Colours: dark' }
}

const CONNECTIONS: Readonly<Record<SwarmState['connection'], string>> = { connecting: 'connecting', live: 'live', lost: 'node not reached' }

export function Header ({ models, model, swarm, view, onView, onModel, onSettings, onChats }: HeaderProps): JSX.Element {
  const [theme, nextTheme] = useTheme()
  return (
    <header class='top'>
      <button type='button' class='quiet square chats' aria-label='Conversations' onClick={onChats}><Icon name='menu' /></button>
      <h1><Logo />Shoal</h1>
      <p class={`connection ${swarm.connection}`} role='status'>{CONNECTIONS[swarm.connection]}</p>
      <div class='views' role='group' aria-label='View'>
        <button type='button' aria-pressed={view === 'chat'} onClick={() => { onView('chat') }}>Chat</button>
        <button type='button' aria-pressed={view === 'swarm'} onClick={() => { onView('swarm') }}>Swarm</button>
      </div>
      <div class='tools'>
        <label class='hidden' for='model'>Model</label>
        <select id='model' value={model} disabled={models.length === 0} onChange={(event) => { onModel(event.currentTarget.value) }}>
          {models.length === 0 && <option value=''>no model is served whole</option>}
          {models.map(({ name, modelId }) => <option key={modelId} value={modelId}>{name}</option>)}
        </select>
        <button type='button' class='quiet square' aria-label='Sampling' title='Sampling' onClick={onSettings}><Icon name='tune' /></button>
        <button type='button' class='quiet square' aria-label={THEMES[theme].label} title={THEMES[theme].label} onClick={nextTheme}><Icon name={THEMES[theme].icon} /></button>
      </div>
    </header>
  )
}
