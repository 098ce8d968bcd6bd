import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from './icons.tsx'

export interface DialogProps {
  readonly title: string
  readonly open: boolean
  readonly className?: string
  onClose (): void
  readonly children: ComponentChildren
}

/** The browser's own modal: it keeps the focus inside, closes with Escape, and gives the focus back. */
export function Dialog ({ title, open, className = '', onClose, children }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null)
  const heading = useId()
  // before it is painted: a key that comes at once is for the dialog
  useLayoutEffect(() => {
    const dialog = element.current
    if (open && dialog?.open === false) dialog.showModal()
    if (!open && dialog?.open === true) dialog.close()
  }, [open])
  return (
    <dialog
      ref={element} class={`dialog ${className}`} aria-labelledby={heading} onClose={onClose}
      onClick={(event) => { if (event.target === element.current) onClose() }}
    >
      <div class='dialog-body'>
        <header>
          <h2 id={heading}>{title}</h2>
          <button type='button' class='quiet square' aria-label='Close' onClick={onClose}><Icon name='close' /></button>
        </header>
        {open && children}
      </div>
    </dialog>
  )
}
