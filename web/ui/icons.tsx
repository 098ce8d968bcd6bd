import type { JSX } from 'preact'

const PATHS = {
  send: 'M12 19V5m-6 6 6-6 6 6',
  stop: 'M7 7h10v10H7z',
  retry: 'M4 12a8 8 0 1 0 2.6-5.9M4 4v4.500h4.500',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  plus: 'M12 5v14M5 12h14',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  tune: 'M4 8h9m5 0h2M4 16h3m5 0h8M15.500 5.500v5M9.500 13.500v5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'm6 6 12 12M18 6 6 18',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.400 1.400m11.200 11.200L19 19M19 5l-1.400 1.400M6.400 17.600 5 19',
  moon: 'M20 14.500A8.500 8.500 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500z',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18'
} as const

export type IconName = keyof typeof PATHS

/** Beside a label, or in a button that has one: hidden from screen readers. */
export function Icon ({ name }: { readonly name: IconName }): JSX.Element {
  return <svg class={`icon ${name}`} viewBox='0 0 24 24' aria-hidden='true' focusable='false'><path d={PATHS[name]} /></svg>
}

/** Three nodes that make a ring. */
export function Logo (): JSX.Element {
  return (
    <svg class='logo' viewBox='-16 -16 32 32' aria-hidden='true' focusable='false'>
      <path d='M0 -11A11 11 0 0 1 10.300 -3.800' /><path d='M9.500 5.500A11 11 0 0 1 -4.600 10' /><path d='M-9.900 4.600A11 11 0 0 1 -5.500 -9.500' />
      <circle cx='0' cy='0' r='2.600' />
    </svg>
  )
}
