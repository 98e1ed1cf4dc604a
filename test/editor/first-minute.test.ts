import { useEditors } from '../support/editor/editors.ts'

describe('a fresh window', () => {
  const editors = useEditors()

  it('offers three ways to begin', async () => {
    const { window } = await editors.open('alice')
    await window.showContainer('Parley')
    for (const name of ['Join a Team', 'Start a Team on This Computer', 'Chat by Address']) {
      await window.button(name).waitFor()
    }
    await window.picture('first-minute/welcome')
  })
})
