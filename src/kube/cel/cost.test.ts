import { describe, expect, it } from 'vitest'
import { type Size, STEPS_OF_A_WRITE, sizeOf } from './cost.ts'
import { compile } from './expression.ts'

const list = (length: number): Size => sizeOf(Array.from({ length }, () => 'text'))

const steps = (text: string, size: Size = list(1000)): number => compile(text, { self: 'dyn' }).cost(() => size).steps

describe('what an expression may cost', () => {
  it('grows with its loops, as often as they lie within each other', () => {
    const flat = steps('self.all(x, x > 0)')
    const deep = steps('self.all(x, self.exists(y, y > x))')
    expect(flat).toBeLessThan(10_000)
    expect(deep).toBeGreaterThan(1_000_000)
    expect(steps('self.all(x, self.all(y, self.all(z, x + y + z > 0)))')).toBeGreaterThan(STEPS_OF_A_WRITE)
    expect(steps('self.all(x, x > 0) && self.all(y, y > 0)')).toBeLessThan(3 * flat)
  })

  it.each([
    'object.spec.template.spec.containers.all(c, c.image.startsWith("registry.example.com/"))',
    'object.metadata.labels.all(key, object.metadata.labels[key] == "a") && has(object.spec.replicas)',
    'object.spec.containers.all(c, object.spec.volumes.exists(v, v.name == c.name))',
    'object.spec.containers.map(c, c.image.split("/")[0]).all(host, host in ["a", "b"])',
  ])('is little for what people write: %s', (text) => {
    const containers = Array.from({ length: 50 }, (_, at) => ({
      name: `c${at}`,
      image: `example.com/${at}`,
      env: [1, 2],
    }))
    const size = sizeOf({ spec: { containers }, data: { note: 'x'.repeat(100_000) } })
    expect(compile(text, { object: 'dyn' }).cost(() => size).steps).toBeLessThan(STEPS_OF_A_WRITE)
  })

  it.each([
    'cel.bind(a, self + self, cel.bind(b, a + a, cel.bind(c, b + b, c.all(x, c.all(y, x == y)))))',
    '"a,b,c".replace("a", self).replace("b", self).replace("c", self).replace("d", self).replace("e", self).split("").all(x, true)',
    'self.map(x, self).map(x, self.map(y, x)) == self.map(x, self).map(x, self.map(y, x))',
    'self.map(x, "abcdefghijklmnopqrstuvwxyz").join(",").split("").all(x, self.all(y, x == y))',
  ])('counts what is made on the way: %s', (text) => {
    expect(steps(text, sizeOf(Array.from({ length: 2000 }, () => 'x'.repeat(50))))).toBeGreaterThan(STEPS_OF_A_WRITE)
  })

  it('sees how large values are', () => {
    expect(sizeOf({ a: [1, 2, 3], b: 'text', c: new Map([['d', [4]]]) })).toEqual({
      length: 3,
      items: 3,
      letters: 4,
      nodes: 9,
    })
  })
})
