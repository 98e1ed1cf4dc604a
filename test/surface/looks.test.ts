import { artefact } from '../support/editor/artefacts.ts'
import { showEveryState } from '../support/surface/states.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'

describe('the looks of a chat surface', () => {
  const surfaces = useSurfaces()

  for (const theme of ['dark', 'light', 'high-contrast', 'high-contrast-light'] as const) {
    it(`are kept as pictures, in ${theme}`, async function () {
      this.timeout(60_000)
      await showEveryState(surfaces, { theme }, async (name, { page }) => {
        await page.screenshot({ path: artefact(`surface/${theme}/${name}.png`) })
      })
    })
  }

  it('are kept as pictures in a side bar and in a language that is read from the right', async () => {
    const narrow = { viewport: { width: 300, height: 640 } }
    await showEveryState(surfaces, narrow, async (name, { page }) => {
      await page.screenshot({ path: artefact(`surface/narrow/${name}.png`) })
    })
    await showEveryState(surfaces, { language: 'ar' }, async (name, { page }) => {
      await page.screenshot({ path: artefact(`surface/rtl/${name}.png`) })
    })
  }).timeout(60_000)
})
