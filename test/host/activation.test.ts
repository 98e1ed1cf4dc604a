import assert from 'node:assert/strict'
import { commands, extensions, workspace } from 'vscode'

const id = 'parley.parley-chat'

/** What the tests read of the extension's package.json. */
interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[]
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly default: unknown }>> }
  }
}

function manifest(): Manifest {
  return extensions.getExtension(id)?.packageJSON
}

describe('the extension in its host', () => {
  before(async () => {
    await extensions.getExtension(id)?.activate()
  })

  it('activates', () => {
    assert.equal(extensions.getExtension(id)?.isActive, true)
  })

  it('registers every command that its manifest shows', async () => {
    const registered = new Set(await commands.getCommands(true))
    const shown = manifest().contributes.commands.map(({ command }) => command)
    assert.deepEqual(
      shown.filter(command => !registered.has(command)),
      [],
    )
  })

  it('gives nothing of itself to other extensions', () => {
    assert.equal(extensions.getExtension(id)?.exports, undefined)
  })

  it('has its settings only where no workspace can change them', () => {
    for (const [name, { default: usual }] of Object.entries(manifest().contributes.configuration.properties)) {
      const found = workspace.getConfiguration().inspect(name)
      assert.deepEqual(found?.defaultValue, usual, name)
      assert.equal(found?.workspaceValue, undefined, name)
    }
  })
})
