import assert from 'node:assert/strict'
import fc from 'fast-check'
import { imageSizeOf, imageTypeOf, mediaTypeOf } from '../../../../daemon/src/protocol/media.ts'
import { gif, jpeg, png, webp } from '../../../support/images.ts'

describe('media types', () => {
  it('come from the name, of images from the bytes', () => {
    const nothing = new Uint8Array()
    assert.equal(mediaTypeOf('notes.MD', nothing), 'text/markdown')
    assert.equal(mediaTypeOf('constructor.constructor', nothing), 'application/octet-stream')
    assert.equal(mediaTypeOf('no extension', nothing), 'application/octet-stream')
    assert.equal(mediaTypeOf('photo.txt', png(1, 1)), 'image/png')
    assert.equal(mediaTypeOf('photo.png', Buffer.from('#!/bin/sh')), 'application/octet-stream')
    assert.equal(imageTypeOf(Buffer.from('GIF8')), undefined)
  })
})

describe('the size of an image', () => {
  it('is read from the header of each kind', () => {
    const wanted = { width: 640, height: 480 }
    assert.deepEqual(imageSizeOf(png(640, 480)), wanted)
    assert.deepEqual(imageSizeOf(gif(640, 480)), wanted)
    assert.deepEqual(imageSizeOf(jpeg(640, 480)), wanted)
    for (const kind of ['VP8 ', 'VP8L', 'VP8X'] as const)
      assert.deepEqual(imageSizeOf(webp(kind, 640, 480)), wanted, kind)
  })

  it('is that of the picture as it is shown, where a note turns it', () => {
    assert.deepEqual(imageSizeOf(jpeg(640, 480, 6)), { width: 480, height: 640 })
    assert.deepEqual(imageSizeOf(jpeg(640, 480, 3)), { width: 640, height: 480 })
  })

  it('is not known of what is cut, of no image, or of one without extent', () => {
    for (const whole of [png(3, 4), gif(3, 4), jpeg(3, 4, 6), webp('VP8X', 3, 4)]) {
      for (let length = 0; length < whole.length; length++) {
        const size = imageSizeOf(whole.subarray(0, length))
        assert.equal(size === undefined || (size.width <= 4 && size.height <= 4), true)
      }
    }
    assert.equal(imageSizeOf(png(0, 4)), undefined)
    assert.equal(imageSizeOf(Buffer.from('hello')), undefined)
  })

  it('is looked for in hostile bytes without harm', () => {
    const starts = [png(3, 4), gif(3, 4), jpeg(3, 4, 6), webp('VP8 ', 3, 4), webp('VP8L', 3, 4), webp('VP8X', 3, 4)]
    const altered = fc.record({
      start: fc.constantFrom(...starts),
      changes: fc.array(fc.tuple(fc.nat(80), fc.integer({ min: 0, max: 255 })), { maxLength: 10 }),
      more: fc.uint8Array({ maxLength: 200 }),
    })
    fc.assert(
      fc.property(altered, ({ start, changes, more }) => {
        const bytes = Buffer.concat([start, more])
        for (const [at, value] of changes) if (at >= 12 && at < bytes.length) bytes[at] = value
        const size = imageSizeOf(bytes)
        if (size) assert.equal(Number.isSafeInteger(size.width * size.height), true)
      }),
      { numRuns: 1_000 },
    )
  })
})
