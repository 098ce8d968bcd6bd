/** Light, dark, or as the system has it. */
import { useState } from 'preact/hooks'

export type Theme = 'auto' | 'light' | 'dark'

const NAME = 'shoal.theme'
const NEXT: Readonly<Record<Theme, Theme>> = { auto: 'light', light: 'dark', dark: 'auto' }

function remembered (): Theme {
  try {
    const value = localStorage.getItem(NAME)
    return value === 'light' || value === 'dark' ? value : 'auto'
  } catch {
    return 'auto' // storage is forbidden here
  }
}

/** Called before anything is drawn. */
export function applyTheme (theme: Theme = remembered()): void {
  document.documentElement.dataset.theme = theme
}

export function useTheme (): readonly [theme: Theme, next: () => void] {
  const [theme, setTheme] = useState(remembered)
  return [theme, () => {
    const next = NEXT[theme]
    setTheme(next)
    applyTheme(next)
    try {
      localStorage.setItem(NAME, next)
    } catch { /* it holds for this visit */ }
  }]
}
