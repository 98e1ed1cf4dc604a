import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { type Config, loadConfig } from '../config.ts'
import { ParleyError } from '../errors.ts'
import type { Locations } from '../locations.ts'
import { syncFolder } from '../sync-folder.ts'

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
  await write(where, { registry })
}

/**
 * Gives the team another name, and leaves all else in the file as it stands there: what is read is complete, with times in
 * ms, and is no such file.
 *
 * @throws ParleyError `bad-config`, `home`
 */
export async function renameTeam(where: Locations, name: string): Promise<void> {
  readTeam(where)
  const file: { registry?: object } = JSON.parse((await readFile(where.config, 'utf8')).replace(/^\uFEFF/, ''))
  await write(where, { ...file, registry: { ...file.registry, name } })
}

async function write(where: Locations, content: object): Promise<void> {
  const draft = `${where.config}.${randomBytes(4).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(content, undefined, 2)}\n`)
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
