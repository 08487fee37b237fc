import { describe, expect, it } from 'vitest'
import { admissionReview, denial, verdictOf } from './review.ts'
import { writeOf } from './testing.ts'

const asked = { uid: 'u-1', version: 'v1' }
const answer = (response: object) => ({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  response: { uid: 'u-1', allowed: true, ...response },
})
const encoded = (patch: unknown) => btoa(typeof patch === 'string' ? patch : JSON.stringify(patch))

describe('a review', () => {
  it('tells of the write in the version of the rules, and what was asked for', () => {
    const write = writeOf({ operation: 'UPDATE', subresource: 'status' })
    const requested = { kind: { group: '', version: 'v1', kind: 'Pod' }, resource: write.resource }
    expect(admissionReview(write, requested, asked)).toMatchObject({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: 'u-1',
        resource: { group: '', version: 'v1', resource: 'pods' },
        subResource: 'status',
        requestSubResource: 'status',
        operation: 'UPDATE',
        namespace: 'default',
        name: 'web',
        dryRun: false,
      },
    })
  })

  it('has null where there is no object, and no name where there is none yet', () => {
    const { request } = admissionReview(writeOf({ name: '' }), writeOf(), asked) as { request: object }
    expect(request).toMatchObject({ oldObject: null })
    expect(request).not.toHaveProperty('name')
  })
})

describe('a verdict', () => {
  it('is read with its patch and warnings', () => {
    const patch = [{ op: 'add', path: '/a', value: 'ü' }]
    const bytes = new TextEncoder().encode(JSON.stringify(patch))
    const base64 = btoa(String.fromCharCode(...bytes))
    expect(verdictOf(answer({ patch: base64, patchType: 'JSONPatch', warnings: ['a', '', 3, 'b'] }), asked)).toEqual({
      allowed: true,
      status: {},
      patch,
      warnings: ['a', 'b'],
    })
  })

  it('has sixteen warnings at most, of 256 characters', () => {
    const { warnings } = verdictOf(answer({ warnings: Array.from({ length: 50 }, () => 'x'.repeat(500)) }), asked)
    expect(warnings).toEqual(Array.from({ length: 16 }, () => 'x'.repeat(256)))
  })

  it.each([
    { of: null, says: 'Kind=AdmissionReview' },
    { of: { kind: 'Pod', apiVersion: 'v1' }, says: 'got v1, Kind=Pod' },
    { of: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1beta1' }, says: 'got admission.k8s.io/v1beta1' },
    { of: { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1' }, says: 'webhook response was absent' },
    { of: answer({ uid: 'u-2' }), says: 'expected response.uid="u-1", got "u-2"' },
    { of: answer({ allowed: 'yes' }), says: 'response.allowed must be a boolean' },
    { of: answer({ patch: encoded([]) }), says: 'response.patch but not response.patchType' },
    { of: answer({ patchType: 'JSONPatch' }), says: 'response.patchType but not response.patch' },
    { of: answer({ patch: encoded([]), patchType: 'Full' }), says: 'invalid response.patchType of "Full"' },
    { of: answer({ patch: '%', patchType: 'JSONPatch' }), says: 'not the base64 of a JSON patch' },
    { of: answer({ patch: encoded('{}'), patchType: 'JSONPatch' }), says: 'response.patch is no JSON patch' },
  ])('is none where it is malformed: $says', ({ of, says }) => {
    expect(() => verdictOf(of, asked)).toThrow(says)
  })
})

describe('a denial', () => {
  const no = (status: object) =>
    denial('a.b.c', { allowed: false, status: status as never, patch: undefined, warnings: [] })

  it.each([
    { status: {}, code: 400, message: 'admission webhook "a.b.c" denied the request without explanation' },
    { status: { code: 200 }, code: 400, message: 'admission webhook "a.b.c" denied the request without explanation' },
    { status: { reason: 'Odd' }, code: 400, message: 'admission webhook "a.b.c" denied the request: Odd' },
    {
      status: { code: 403, reason: 'Odd', message: 'no' },
      code: 403,
      message: 'admission webhook "a.b.c" denied the request: no',
    },
  ])('is said in its own words: $message', ({ status, code, message }) => {
    expect(no(status)).toMatchObject({ code, message })
  })

  it('keeps its details', () => {
    expect(no({ details: { causes: [{ field: 'spec' }] } }).details).toEqual({ causes: [{ field: 'spec' }] })
  })
})
