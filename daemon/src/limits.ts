import { archiveLimits } from './limits/archive.ts'
import { classicLimits } from './limits/classic.ts'
import { controlLimits } from './limits/control.ts'
import { conversationsLimits } from './limits/conversations.ts'
import { doctorLimits } from './limits/doctor.ts'
import { filesLimits } from './limits/files.ts'
import { hubLimits } from './limits/hub.ts'
import { keepingLimits } from './limits/keeping.ts'
import { linksLimits } from './limits/links.ts'
import { mailboxLimits } from './limits/mailbox.ts'
import { ownLimits } from './limits/own.ts'
import { pluginsLimits } from './limits/plugins.ts'
import { registryLimits } from './limits/registry.ts'
import { strangersLimits } from './limits/strangers.ts'

/**
 * Every timeout, size and ceiling of the daemon, each with its reason, in the files of limits/. Times in ms, sizes in
 * bytes. Parts take what they need as an argument with these as default, so that tests can shorten a wait without touching
 * the clock.
 */
export const limits = {
  ...linksLimits,
  ...conversationsLimits,
  ...archiveLimits,
  ...filesLimits,
  ...registryLimits,
  ...keepingLimits,
  ...classicLimits,
  ...hubLimits,
  ...mailboxLimits,
  ...ownLimits,
  ...strangersLimits,
  ...controlLimits,
  ...pluginsLimits,
  ...doctorLimits,
} as const
