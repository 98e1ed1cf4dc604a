import * as l10n from '@vscode/l10n'
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useState } from 'preact/hooks'
import type { Place } from '../../src/chat/messages.ts'
import { limits } from '../limits.ts'
import type { MessageTextProps } from '../parts.ts'
import { useSaid } from './said.ts'

/** What the parts of a message that can be pressed do. */
export type Actions = Required<Pick<MessageTextProps, 'self' | 'isTabStop' | 'onLink' | 'onPlace' | 'onCopy'>>

export const ActionsOf = createContext<Actions>({
  self: '',
  isTabStop: true,
  onLink: () => {},
  onPlace: async () => false,
  onCopy: () => {},
})

/**
 * A link. Not an `<a href>`: what it leads to is told to the extension when it is pressed, which asks the person, and no
 * browser can follow, prefetch or drag it before.
 */
export function Link({ href, title = href, children }: LinkProps) {
  const { onLink } = useContext(ActionsOf)
  return (
    <Pressable role="link" class="text-link" title={title} onPress={() => onLink(href)}>
      {children}
    </Pressable>
  )
}

interface LinkProps {
  readonly href: string
  /** What pressing it does, where the address says nothing. */
  readonly title?: string
  readonly children: ComponentChildren
}

/** A place in a file, which opens there. Where the workspace has no such file, it says so beside it. */
export function PlaceButton({ place, children }: { readonly place: Place; readonly children: ComponentChildren }) {
  const { onPlace } = useContext(ActionsOf)
  const [isOpening, setOpening] = useState(false)
  const [said, say] = useSaid()
  const open = async () => {
    if (isOpening) return
    setOpening(true)
    const opened = await onPlace(place).catch(() => true) // why it failed is said by the app
    setOpening(false)
    if (!opened) say(l10n.t('not in this workspace'))
  }
  return (
    <>
      <Pressable role="button" class="text-place" title={titleOf(place)} onPress={open}>
        {children}
      </Pressable>
      {/* There from the press on, so that a screen reader hears what comes into it; not before, for there may be hundreds. */}
      {(isOpening || said) && (
        <span class="text-said" role="status">
          {said && ` (${said})`}
        </span>
      )}
    </>
  )
}

interface PressableProps {
  readonly role: 'link' | 'button'
  readonly class: string
  readonly title: string
  readonly onPress: () => void
  readonly children: ComponentChildren
}

/** Text that can be pressed and goes on over lines, is selected and copied with the text around: no button element does. */
function Pressable({ role, class: name, title, onPress, children }: PressableProps) {
  const { isTabStop } = useContext(ActionsOf)
  const press = (event: Event) => {
    event.preventDefault()
    event.stopPropagation()
    onPress()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it is what its role says, a link or a button
    <span
      class={name}
      role={role}
      title={title}
      tabIndex={isTabStop ? 0 : -1}
      onClick={press}
      onKeyDown={event => {
        if (event.key === 'Enter' || (event.key === ' ' && role === 'button')) press(event)
      }}
    >
      {children}
    </span>
  )
}

/** What pressing a place does: `Open src/a.ts, line 42`. */
export function titleOf({ path, line, endLine }: Place): string {
  const file = path.slice(0, limits.path)
  return endLine === undefined
    ? l10n.t('Open {0}, line {1}', file, line)
    : l10n.t('Open {0}, lines {1} to {2}', file, line, endLine)
}
