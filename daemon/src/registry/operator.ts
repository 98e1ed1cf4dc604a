import type { BackupSize } from '../backup/backup.ts'
import { ParleyError } from '../errors.ts'
import type { ControlRequests } from '../protocol/control.ts'
import type { RegistryId } from '../protocol/ids.ts'
import type { Audit } from './audit.ts'
import type { Metrics } from './metrics.ts'
import type { Settings } from './settings.ts'

/** What whoever runs a registry does for it: it knows neither its files nor what else is in its storage. */
export interface Upkeep {
  /** Registers what it measures. */
  measure(metrics: Metrics): void
  /** Writes everything to a new file. @throws ParleyError `usage`, `home`, `busy`, `storage`, `timeout` */
  backup(file: string, about: { readonly registry: string; readonly team: string }): Promise<BackupSize>
  /** Reads the configuration again. @throws ParleyError `bad-config`, and nothing has changed */
  reload(settings: Settings): Promise<ControlRequests['reload'][1]>
}

interface OperatorParts {
  readonly registry: RegistryId
  readonly audit: Audit
  readonly settings: Settings
  readonly metrics: Metrics
}

/** The requests of the control API about keeping a registry. */
export class Operator {
  readonly #upkeep: Upkeep | undefined
  readonly #parts: OperatorParts

  constructor(upkeep: Upkeep | undefined, parts: OperatorParts) {
    this.#upkeep = upkeep
    upkeep?.measure(parts.metrics)
    this.#parts = parts
  }

  async backup({ file }: ControlRequests['backup'][0]): Promise<ControlRequests['backup'][1]> {
    const { registry, audit, settings } = this.#parts
    const size = await this.#theUpkeep().backup(file, { registry, team: settings.now.name })
    await audit.note({ what: 'backup', by: 'operator', detail: file })
    return size
  }

  async reload(): Promise<ControlRequests['reload'][1]> {
    return this.#theUpkeep().reload(this.#parts.settings)
  }

  async metrics(): Promise<ControlRequests['metrics'][1]> {
    return { text: this.#parts.metrics.text() }
  }

  #theUpkeep(): Upkeep {
    if (this.#upkeep) return this.#upkeep
    throw new ParleyError('unsupported', 'This registry runs inside another program, which keeps it. Ask that one.')
  }
}
