import { artefact } from '../support/editor/artefacts.ts'
import { showEveryState } from '../support/surface/states.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'

// The themes are looked at where axe looks at them; looks.pictures.ts has the rest, one by one.
describe('the looks of a chat surface', () => {
  const surfaces = useSurfaces()

  it('are kept as pictures in a side bar, in a language that is read from the right', async () => {
    const options = { viewport: { width: 300, height: 640 }, language: 'ar' }
    await showEveryState(surfaces, options, async (name, { page }) => {
      await page.screenshot({ path: artefact(`surface/narrow, rtl/${name}.png`) })
    })
  }).timeout(60_000)
})
