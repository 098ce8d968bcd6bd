/**
 * An answer's markdown as elements. A model may write anything, also what a page elsewhere told it to: HTML in it is shown as text, nothing
 * is loaded from elsewhere, and what `marked` makes goes through DOMPurify.
 */
import DOMPurify from 'dompurify'
import { Marked, type Tokens } from 'marked'

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escape(text),
    // a picture would be a request to somewhere: its address is a link
    image: ({ href, text }: Tokens.Image) => `<a href="${escape(href)}">${escape(text === '' ? href : text)}</a>`
  }
})

const TAGS = [
  'a', 'b', 'blockquote', 'br', 'code', 'del', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'i', 'li', 'ol', 'p', 'pre', 's', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'
]

/** Longer texts are shown as they are. */
const MAX_LENGTH = 200_000

/** Elements that can be put into the page as they are. */
export function renderMarkdown (text: string): DocumentFragment {
  if (text.length > MAX_LENGTH) {
    const plain = document.createDocumentFragment()
    plain.append(Object.assign(document.createElement('pre'), { textContent: text }))
    return plain
  }
  const fragment = DOMPurify.sanitize(marked.parse(text, { async: false }), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'start', 'align'],
    ADD_URI_SAFE_ATTR: ['start', 'align'],
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:)/i,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true
  })
  for (const link of fragment.querySelectorAll('a')) {
    link.target = '_blank'
    link.rel = 'noopener noreferrer'
  }
  // wide ones scroll by themselves, also by keyboard
  for (const wide of fragment.querySelectorAll('pre, table')) {
    const box = document.createElement('div')
    box.className = 'scrolls'
    box.tabIndex = 0
    box.setAttribute('role', 'region')
    box.setAttribute('aria-label', wide.localName === 'pre' ? 'code' : 'table')
    wide.replaceWith(box)
    box.append(wide)
  }
  return fragment
}
