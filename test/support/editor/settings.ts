import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until } from '../wait.ts'
import type { Desk } from './desk.ts'

/** Changes settings of the machine while the editor runs, as its administrator does in their file. */
export async function setOnMachine({ folder }: Desk, settings: object): Promise<void> {
  const file = join(folder, 'data', 'Machine', 'settings.json')
  await writeFile(file, JSON.stringify({ ...(await read(file)), ...settings }, null, 2))
}

/** Changes settings of the person, in the file that their editor opens for it. */
export async function setForPerson({ folder, window }: Desk, settings: object): Promise<void> {
  const { page } = window
  const file = join(folder, 'data', 'User', 'settings.json')
  const text = JSON.stringify({ ...(await read(file)), ...settings }, null, 2)
  await window.run('Preferences: Open User Settings (JSON)')
  await page.getByRole('textbox', { name: /^settings\.json/ }).focus()
  await page.keyboard.press('Control+A')
  // What is typed has its brackets closed by the editor; what is pasted stays as it is.
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  await page.keyboard.press('Control+V')
  await page.keyboard.press('Control+S')
  await until('the settings are saved', async () => (await readFile(file, 'utf8')) === text)
  await page.keyboard.press('Control+W')
}

async function read(file: string): Promise<object> {
  const found: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (typeof found !== 'object' || found === null) throw new Error(`${file} holds no settings`)
  return found
}
