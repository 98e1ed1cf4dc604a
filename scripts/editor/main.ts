// Fetches what the tests in a real VS Code want, so that none of them waits for it. What is there stays.
import { fetchChromium, fetchCodeServer } from '../../test/support/editor/fetch.ts'

await Promise.all([fetchCodeServer(), fetchChromium()])
