import type { PersonInfo } from '@parley/daemon/protocol/control'

/** Presence as a shape, so that it is told without its colour: full, half, barred or hollow. */
export function Presence({ status }: Pick<PersonInfo, 'status'>) {
  return (
    <svg class={`presence is-${status}`} viewBox="0 0 10 10" aria-hidden="true" focusable="false">
      <circle cx="5" cy="5" r="4" class="presence-ring" />
      <path d={shapes[status]} class="presence-fill" />
    </svg>
  )
}

const shapes: Readonly<Record<PersonInfo['status'], string>> = {
  online: 'M1 5a4 4 0 1 0 8 0a4 4 0 1 0 -8 0',
  away: 'M5 1a4 4 0 0 0 0 8z',
  busy: 'M1 5a4 4 0 1 0 8 0a4 4 0 1 0 -8 0M2.6 4.3h4.8v1.4H2.6z',
  offline: '',
}
