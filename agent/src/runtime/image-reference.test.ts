import { describe, expect, it } from 'vitest'
import { isImageReference } from './image-reference.ts'

describe('isImageReference', () => {
  it.each([
    'busybox',
    'busybox:1.36',
    'library/busybox',
    'localhost:5000/team/web_app:v1.2-rc.1',
    'gcr.io/google-containers/pause:3.9',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/web',
    'quay.io/org/a.b-c__d@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    'name:tag@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    '[::1]:5000/web',
  ])('takes %s', (text) => expect(isImageReference(text)).toBe(true))

  it.each([
    '',
    'UPPER',
    'UPPER:::x',
    'a b',
    'name:',
    ':tag',
    'name@sha256:12',
    '-web',
    'web/',
    'a//b',
    `web:${'x'.repeat(129)}`,
  ])('refuses %j', (text) => expect(isImageReference(text)).toBe(false))
})
