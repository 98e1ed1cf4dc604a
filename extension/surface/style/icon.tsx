import arrowDown from '@vscode/codicons/src/icons/arrow-down.svg'
import arrowSwap from '@vscode/codicons/src/icons/arrow-swap.svg'
import attach from '@vscode/codicons/src/icons/attach.svg'
import bell from '@vscode/codicons/src/icons/bell.svg'
import bellSlash from '@vscode/codicons/src/icons/bell-slash.svg'
import check from '@vscode/codicons/src/icons/check.svg'
import checkAll from '@vscode/codicons/src/icons/check-all.svg'
import chevronDown from '@vscode/codicons/src/icons/chevron-down.svg'
import chevronUp from '@vscode/codicons/src/icons/chevron-up.svg'
import circleSlash from '@vscode/codicons/src/icons/circle-slash.svg'
import close from '@vscode/codicons/src/icons/close.svg'
import cloud from '@vscode/codicons/src/icons/cloud.svg'
import code from '@vscode/codicons/src/icons/code.svg'
import commentDiscussion from '@vscode/codicons/src/icons/comment-discussion.svg'
import copy from '@vscode/codicons/src/icons/copy.svg'
import debugDisconnect from '@vscode/codicons/src/icons/debug-disconnect.svg'
import debugRestart from '@vscode/codicons/src/icons/debug-restart.svg'
import edit from '@vscode/codicons/src/icons/edit.svg'
import ellipsis from '@vscode/codicons/src/icons/ellipsis.svg'
import error from '@vscode/codicons/src/icons/error.svg'
import eye from '@vscode/codicons/src/icons/eye.svg'
import file from '@vscode/codicons/src/icons/file.svg'
import goToFile from '@vscode/codicons/src/icons/go-to-file.svg'
import history from '@vscode/codicons/src/icons/history.svg'
import link from '@vscode/codicons/src/icons/link.svg'
import linkExternal from '@vscode/codicons/src/icons/link-external.svg'
import listSelection from '@vscode/codicons/src/icons/list-selection.svg'
import loading from '@vscode/codicons/src/icons/loading.svg'
import mail from '@vscode/codicons/src/icons/mail.svg'
import organization from '@vscode/codicons/src/icons/organization.svg'
import output from '@vscode/codicons/src/icons/output.svg'
import refresh from '@vscode/codicons/src/icons/refresh.svg'
import reply from '@vscode/codicons/src/icons/reply.svg'
import save from '@vscode/codicons/src/icons/save.svg'
import search from '@vscode/codicons/src/icons/search.svg'
import send from '@vscode/codicons/src/icons/send.svg'
import signIn from '@vscode/codicons/src/icons/sign-in.svg'
import smiley from '@vscode/codicons/src/icons/smiley.svg'
import sync from '@vscode/codicons/src/icons/sync.svg'
import trash from '@vscode/codicons/src/icons/trash.svg'
import unlock from '@vscode/codicons/src/icons/unlock.svg'
import unverified from '@vscode/codicons/src/icons/unverified.svg'
import verified from '@vscode/codicons/src/icons/verified.svg'
import vmOutline from '@vscode/codicons/src/icons/vm-outline.svg'
import warning from '@vscode/codicons/src/icons/warning.svg'
import type { IconName, IconProps } from '../parts.ts'

/** A codicon, 16 px, in the colour of the text around it; hidden from screen readers. */
export function Icon({ name }: IconProps) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {shapes[name].map(shape => (
        <path key={shape} d={shape} fill-rule="evenodd" clip-rule="evenodd" />
      ))}
    </svg>
  )
}

/** The pictures are text of our own bundle; only their shapes are taken. */
function shapesOf(svg: string): readonly string[] {
  return [...svg.matchAll(/ d="([^"]+)"/g)].map(([, shape = '']) => shape)
}

const shapes: Readonly<Record<IconName, readonly string[]>> = {
  attach: shapesOf(attach),
  eye: shapesOf(eye),
  file: shapesOf(file),
  link: shapesOf(link),
  reply: shapesOf(reply),
  save: shapesOf(save),
  smiley: shapesOf(smiley),
  'arrow-down': shapesOf(arrowDown),
  'arrow-swap': shapesOf(arrowSwap),
  bell: shapesOf(bell),
  'bell-slash': shapesOf(bellSlash),
  check: shapesOf(check),
  'check-all': shapesOf(checkAll),
  'chevron-down': shapesOf(chevronDown),
  'chevron-up': shapesOf(chevronUp),
  'circle-slash': shapesOf(circleSlash),
  close: shapesOf(close),
  cloud: shapesOf(cloud),
  code: shapesOf(code),
  'comment-discussion': shapesOf(commentDiscussion),
  copy: shapesOf(copy),
  'debug-disconnect': shapesOf(debugDisconnect),
  'debug-restart': shapesOf(debugRestart),
  edit: shapesOf(edit),
  ellipsis: shapesOf(ellipsis),
  error: shapesOf(error),
  'go-to-file': shapesOf(goToFile),
  history: shapesOf(history),
  'link-external': shapesOf(linkExternal),
  'list-selection': shapesOf(listSelection),
  loading: shapesOf(loading),
  mail: shapesOf(mail),
  organization: shapesOf(organization),
  output: shapesOf(output),
  refresh: shapesOf(refresh),
  search: shapesOf(search),
  send: shapesOf(send),
  'sign-in': shapesOf(signIn),
  sync: shapesOf(sync),
  trash: shapesOf(trash),
  unlock: shapesOf(unlock),
  unverified: shapesOf(unverified),
  verified: shapesOf(verified),
  'vm-outline': shapesOf(vmOutline),
  warning: shapesOf(warning),
}
