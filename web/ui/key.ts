/** The API key lives as long as the tab: others may use this browser too. */
const NAME = 'shoal.key'

export function loadKey (): string {
  try {
    return sessionStorage.getItem(NAME) ?? ''
  } catch {
    return '' // storage is forbidden here
  }
}

export function saveKey (key: string): void {
  try {
    sessionStorage.setItem(NAME, key)
  } catch { /* it holds until the page is loaded again */ }
}
