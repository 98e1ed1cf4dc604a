import { artefact } from '../support/editor/artefacts.ts'
import { showEveryState } from '../support/surface/states.ts'
import type { SurfaceOptions } from '../support/surface/surface.ts'
import { useSurfaces } from '../support/surface/surfaces.ts'

/** Every state in every look, to be looked at: .artefacts/surface. */
describe('the looks of a chat surface', () => {
  const surfaces = useSurfaces()
  const looks: Readonly<Record<string, SurfaceOptions>> = {
    dark: {},
    light: { theme: 'light' },
    'high-contrast': { theme: 'high-contrast' },
    'high-contrast-light': { theme: 'high-contrast-light' },
    narrow: { viewport: { width: 300, height: 640 } },
    rtl: { language: 'ar' },
  }

  for (const [look, options] of Object.entries(looks)) {
    it(`are kept as pictures: ${look}`, async () => {
      await showEveryState(surfaces, options, async (name, { page }) => {
        await page.screenshot({ path: artefact(`surface/${look}/${name}.png`) })
      })
    }).timeout(60_000)
  }
})
