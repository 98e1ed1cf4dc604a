/**
 * Draws the icons of presence into `extension/media/presence.ttf`: `node scripts/art/presence-font.ts`. VS Code colours
 * icons of a font by its theme, and its own have no half-filled circle of the size of its full one.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Glyph, type Point, trueTypeFont } from './truetype.ts'

/** 16 px. */
const em = 1600
const middle = em / 2
/** Of the circle, and of the hole that makes a ring of it. */
const outer = 450
const inner = 320
/** Half the width and height of the bar. */
const bar = { x: 260, y: 70 }

export const presenceGlyphs: Readonly<Record<'online' | 'away' | 'busy' | 'offline', Glyph>> = {
  online: { code: 0xe001, outlines: [arc(outer)] },
  away: { code: 0xe002, outlines: [arc(outer), arc(inner, { from: 90, to: -90 }).toReversed()] },
  busy: { code: 0xe003, outlines: [arc(outer), barOutline()] },
  offline: { code: 0xe004, outlines: [arc(outer), arc(inner).toReversed()] },
}

export function presenceFont(): Buffer {
  return trueTypeFont('Parley presence', em, Object.values(presenceGlyphs))
}

/** A circle, or the part of one from one angle down to another, clockwise, of quadratic curves of 45° each. */
function arc(radius: number, { from, to }: { from: number; to: number } = { from: 360, to: 0 }): Point[] {
  const isWhole = from - to === 360
  const points: Point[] = []
  for (let angle = from; angle > to; angle -= 45) {
    points.push(at(radius, angle, true), at(radius / Math.cos(Math.PI / 8), angle - 22.5, false))
  }
  return isWhole ? points : [...points, at(radius, to, true)]
}

function at(radius: number, degrees: number, isOn: boolean): Point {
  const angle = (degrees / 180) * Math.PI
  const round = (value: number) => Math.round(middle + radius * value)
  return { x: round(Math.cos(angle)), y: round(Math.sin(angle)), isOn }
}

function barOutline(): Point[] {
  const corners: readonly (readonly [number, number])[] = [
    [-bar.x, -bar.y],
    [bar.x, -bar.y],
    [bar.x, bar.y],
    [-bar.x, bar.y],
  ]
  return corners.map(([x, y]) => ({ x: middle + x, y: middle + y, isOn: true }))
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', '..', 'extension', 'media', 'presence.ttf'), presenceFont())
}
