/** The door of this room for a page: its host. What else a page needs is in portable.ts. */
export { createBrowserHost, type BrowserHostInit } from './browser-host.ts'
