import type { JSX } from 'preact'
import { Icon } from '../ui/icons.tsx'
import { titleOf } from './chat-state.ts'
import type { Chat } from './use-chat.ts'

export function ConversationList ({ chat, onChosen }: { readonly chat: Chat, onChosen (): void }): JSX.Element {
  return (
    <>
      <button type='button' class='wide' onClick={() => { chat.begin(); onChosen() }}><Icon name='plus' />New chat</button>
      <ul class='conversations'>
        {chat.conversations.map((conversation) => {
          const title = titleOf(conversation)
          return (
            <li key={conversation.id} class={conversation.id === chat.current.id ? 'current' : ''}>
              <button
                type='button' class='quiet title' aria-current={conversation.id === chat.current.id ? 'true' : undefined}
                onClick={() => { chat.open(conversation.id); onChosen() }}
              >
                {title}
              </button>
              <button type='button' class='quiet square' aria-label={`Delete ${title}`} title='Delete' onClick={() => { chat.remove(conversation.id) }}><Icon name='trash' /></button>
            </li>
          )
        })}
      </ul>
      <p class='small'>Kept in this browser only.</p>
    </>
  )
}
