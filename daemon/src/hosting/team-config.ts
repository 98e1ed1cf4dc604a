import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { type Config, loadConfig } from '../config.ts'
import { ParleyError } from '../errors.ts'
import type { Locations } from '../locations.ts'

/** What is kept of a team that a hub hosts: the part of a registry's configuration that differs from one to another. */
export type TeamWish = Pick<Config['registry'], 'name' | 'listen' | 'heartbeat' | 'public' | 'classic'> & {
  readonly signUp: NonNullable<Config['registry']['signUp']>
}

/** Whether a team was started in that home: its file is written last of all. */
export function hasTeam(where: Locations): boolean {
  return existsSync(where.config)
}

/** @throws ParleyError `bad-config` */
export function readTeam(where: Locations): Config {
  return loadConfig(where.config)
}

/**
 * Keeps the team as the configuration of a registry: `parley registry --home` on that folder, here or on another machine, runs
 * the same team. Written whole or not at all; it is on disk when this resolves.
 *
 * @throws ParleyError `home`
 */
export async function writeTeam(where: Locations, registry: TeamWish): Promise<void> {
  const draft = `${where.config}.${randomBytes(4).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify({ registry }, undefined, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, where.config)
    await syncFolder(where.home)
  } catch (cause) {
    await rm(draft, { force: true })
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ParleyError('home', `The team could not be kept in ${where.config}: ${reason}.`, { cause })
  }
}

/** Makes the new name survive a power cut; Windows can neither open nor sync a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
