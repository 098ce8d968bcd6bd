import { render } from 'preact'
import { App } from './app.tsx'
import { applyTheme } from './ui/theme.ts'

applyTheme()
const root = document.getElementById('app')
if (root == null) throw new Error('the page has no place for the app')
render(<App />, root)
