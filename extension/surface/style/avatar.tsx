import type { AvatarProps } from '../parts.ts'
import { colourOf, initialsOf } from './initials.ts'

/** Initials in a colour made from the user id; hidden from screen readers, the name stands beside it. */
export function Avatar({ user, name }: AvatarProps) {
  return (
    <span class={`avatar avatar-${colourOf(user)}`} aria-hidden="true" dir="auto">
      {initialsOf(name)}
    </span>
  )
}
