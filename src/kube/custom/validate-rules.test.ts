/** Rules are checked against what their schema declares when a definition is made. */
import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { JsonSchema, ValidationRule } from './json-schema.ts'
import { structuralErrors } from './structural.ts'
import { definitionErrors } from './validate-definition.ts'

const string: JsonSchema = { type: 'string', maxLength: 100 }
const integer: JsonSchema = { type: 'integer' }
const object: JsonSchema = {
  type: 'object',
  properties: {
    x: integer,
    l: { type: 'array', maxItems: 10, items: string },
    n: { type: 'number' },
    m: { type: 'object', additionalProperties: integer, maxProperties: 10 },
    at: { type: 'string', format: 'date-time' },
    took: { type: 'string', format: 'duration' },
    day: { type: 'string', format: 'date' },
    raw: { type: 'string', format: 'byte', maxLength: 100 },
    port: { 'x-kubernetes-int-or-string': true },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    any: { 'x-kubernetes-preserve-unknown-fields': true },
    maybe: { type: 'string', nullable: true, maxLength: 10 },
    'a-b': string,
    namespace: string,
    ref: { type: 'object', properties: { name: string, kind: string } },
    embedded: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
    items: {
      type: 'array',
      maxItems: 10,
      items: { type: 'object', properties: { name: string, on: { type: 'boolean' } } },
    },
  },
}

/** Faults of a rule in the field `f`. */
function faults(schema: JsonSchema, rule: ValidationRule): { field: string; message: string }[] {
  const f = { ...schema, 'x-kubernetes-validations': [rule] }
  const at = new FieldPath('spec').child('validation').child('openAPIV3Schema')
  return structuralErrors({ type: 'object', properties: { f } }, at).map(({ field, message }) => ({ field, message }))
}

const AT = 'spec.validation.openAPIV3Schema.properties[f].x-kubernetes-validations[0]'
const overload = (name: string, given: string) => `found no matching overload for '${name}' applied to '${given}'`

describe('a rule of a text is refused', () => {
  it.each([
    ['self.foo > 3', 5, "type 'string' does not support field selection"],
    ['self == 1', 6, overload('_==_', '(string, int)')],
    ['self + 1 == "2"', 6, overload('_+_', '(string, int)')],
    ['self.startsWith(1)', 16, overload('startsWith', 'string.(int)')],
    ['self.matches("(")', 14, 'invalid matches argument'],
    ['self.find("[") == ""', 11, 'invalid find argument'],
    ['size(self, 1) == 1', 5, overload('size', '(string, int)')],
    ['self.all(c, c == "a")', 1, "expression of type 'string' cannot be range of a comprehension"],
    ['nope == 1', 1, "undeclared reference to 'nope' (in container '')"],
    ['!self', 1, overload('!_', '(string)')],
    ['self ? true : false', 6, overload('_?_:_', '(string, bool, bool)')],
    ['self == null', 6, overload('_==_', '(string, null)')],
    ['self in [1, 2]', 6, overload('@in', '(string, list(int))')],
    ['duration("1d") > duration(self)', 10, 'invalid duration argument'],
    ['timestamp("2026-13-01T00:00:00Z") > timestamp(self)', 11, 'invalid timestamp argument'],
    ['self in ["a", 1]', 15, "expected type 'string' but found 'int'"],
    ['{"a": 1, "b": self}.size() == 2', 15, "expected type 'int' but found 'string'"],
    ['self && true', 6, overload('_&&_', '(string, bool)')],
    ['quantity(self) > 1', 16, overload('_>_', '(kubernetes.Quantity, int)')],
  ])('%s', (rule, column, why) => {
    const [fault, ...others] = faults(string, { rule })
    expect(others).toEqual([])
    expect(fault?.field).toBe(`${AT}.rule`)
    expect(fault?.message).toContain(`compilation failed: ERROR: <input>:1:${column}: ${why}`)
  })

  it('with the line and the place in it', () => {
    const [fault] = faults(object, { rule: 'self.x == 1 &&\n  self.y == 1', message: 'm' })
    expect(fault?.message).toMatch(/ERROR: <input>:2:7: undefined field 'y'\n \| {3}self\.y == 1\n \| \.{6}\^$/)
  })

  it('that is neither true nor false', () => {
    expect(faults(string, { rule: 'self' })).toEqual([
      { field: `${AT}.rule`, message: 'Invalid value: "self": cel expression must evaluate to a bool' },
    ])
    expect(faults(object, { rule: 'self.x' })[0]?.message).toContain('cel expression must evaluate to a bool')
  })
})

describe('a rule of an object is refused', () => {
  it.each([
    ['self.y == 1', "undefined field 'y'"],
    ['has(self.y)', "undefined field 'y'"],
    ['self.x == "a"', overload('_==_', '(int, string)')],
    ['self.n == 1', overload('_==_', '(double, int)')],
    ['self.l.all(e, e > 1)', overload('_>_', '(string, int)')],
    ['self.l.all(e, size(e))', overload('_&&_', '(bool, int)')],
    ['self.l.map(e, e + "a") == [1]', overload('_==_', '(list(string), list(int))')],
    ['self.m["a"] == "b"', overload('_==_', '(int, string)')],
    ['self.m.all(k, k == 1)', overload('_==_', '(string, int)')],
    ['self["x"] == 1', overload('_[_]', '(object, string)')],
    ['self.l["a"] == "b"', overload('_[_]', '(list(string), string)')],
    ['self.at == "2020-01-01T00:00:00Z"', overload('_==_', '(google.protobuf.Timestamp, string)')],
    ['self.items.exists(i, i.nope)', "undefined field 'nope'"],
    ['self.items[0].on == "true"', overload('_==_', '(bool, string)')],
    ['self.?y.hasValue()', "undefined field 'y'"],
    ['self.?x.orValue("a") == 1', overload('orValue', 'optional_type(int).(string)')],
    ['oldSelf.y == 1', "undefined field 'y'"],
    ['self.a-b == ""', "undefined field 'a'"],
    ['cel.bind(v, self.x, v == "a")', overload('_==_', '(int, string)')],
    ['self.embedded.metadata.labels.size() == 0', "undefined field 'labels'"],
    ['self.l.sum() == "a"', overload('sum', 'list(string).()')],
  ])('%s', (rule, why) => {
    const [fault] = faults(object, { rule })
    expect(fault?.message).toContain(why)
  })

  it('with a message or a field that does not fit', () => {
    expect(faults(object, { rule: 'true', messageExpression: 'self.zz' })[0]).toMatchObject({
      field: `${AT}.messageExpression`,
      message: expect.stringContaining(
        "messageExpression compilation failed: ERROR: <input>:1:5: undefined field 'zz'",
      ),
    })
    expect(faults(object, { rule: 'true', messageExpression: 'self.x' })[0]?.message).toContain(
      'messageExpression must evaluate to a string',
    )
    for (const fieldPath of ['.nope', '.x.y', 'x', '.m.']) {
      expect(faults(object, { rule: 'true', fieldPath })).toEqual([
        { field: `${AT}.fieldPath`, message: `Invalid value: "${fieldPath}": fieldPath must be a valid path` },
      ])
    }
    for (const fieldPath of ['.x', '.ref.name', ".m['a.b/c']", '.free.anything', '.items[0].name', '.a-b'])
      expect(faults(object, { rule: 'true', fieldPath })).toEqual([])
  })
})

describe('a rule is taken', () => {
  it.each([
    'self.x > 1 && self.n > 1 && self.n == 1.0 && self.x == int(self.n)',
    'self.l.all(e, e.startsWith("a") && e.matches("^[a-z]+$")) && self.l.size() == size(self.l)',
    'self.l.filter(e, e != "").map(e, size(e)).sum() < 10 && self.l.isSorted() && self.l.indexOf("a") == 0',
    'self.m.all(k, self.m[k] > 1) && "a" in self.m && self.m.a == 1 && self.m.size() == 1',
    'self.at < timestamp("2020-01-01T00:00:00Z") && self.at + self.took > self.day && self.at.getFullYear() > 1',
    'self.took > duration("1h") && self.raw == b"abc" && string(self.raw) == "abc" && size(self.raw) > 1',
    'self.port == 1 || self.port == "http" || (type(self.port) == int && self.port < 5)',
    'self.free.any.thing == 1 && self.any == 2 && self.free["a"] == "b"',
    'self.maybe == null || self.maybe == "a"',
    'self.a__dash__b == "" && self.__namespace__ == ""',
    'has(self.ref) && has(self.ref.name) && has(self.items[0].name) && !has(self.maybe)',
    'self.embedded.kind == "Pod" && self.embedded.metadata.name == "a" && self.embedded.spec.any == 1',
    '!has(oldSelf.x) || self.x >= oldSelf.x && self == oldSelf && self.ref == oldSelf.ref',
    'self.?x.orValue(1) > 0 && self.ref.?name.hasValue() && self.?ref.name.orValue("a") == "a"',
    'self.?l[?0].orValue("") == "" && optional.of(self.x).value() == 1 && optional.none().orValue("a") == "a"',
    'self.?l.optMap(l, l.size()).orValue(0) == 0 && self.?l.or(optional.of(["a"])).value() == ["a"]',
    'cel.bind(v, self.x, v + 1 > 2) && (has(self.l) ? self.l : []).all(e, e != "")',
    'sets.contains(self.l, ["a"]) && sets.intersects(self.items.map(i, i.name), self.l)',
    'quantity("1").add(quantity("2")).isGreaterThan(quantity("1")) && isQuantity("1")',
    'url("https://a").getHost() == "a" && isURL("a") && url("https://a").getQuery()["a"][0] == "b"',
    'ip("1.2.3.4").family() == 4 && cidr("10.0.0.0/8").containsIP("10.1.1.1") && ip.isCanonical("1.2.3.4")',
    'cidr("10.0.0.0/8") == cidr("10.0.0.0/8").masked() && self.l.all(ip, isIP(ip))',
    '!format.dns1123Label().validate("a").hasValue() && format.named("uri").hasValue()',
    '"%s is %d".format([self.a__dash__b, self.x]) != "" && self.l.join(",").split(",", 2).size() == 2',
    'self.items.exists_one(i, i.on) && self.items.map(i, i.on, i.name).size() > 1',
    'self.x in [1, 2] && {"a": 1}["a"] == 1 && string(self.x) + string(self.at) + string(true) != ""',
    'dyn(self.x) == "a" && type(self.x) == int && type(self.l) == list',
    'self.l + ["a"] == ["a"] && self.l == [] && {} == self.m && -self.x < 1 && "a".lowerAscii() == "a"',
    'self.x < 1.5 && self.x <= 3u && 1 < self.n',
  ])('%s', (rule) => expect(faults(object, { rule })).toEqual([]))

  it('of what was, where there may be nothing', () => {
    const rule = { optionalOldSelf: true, message: 'm' }
    expect(faults(integer, { ...rule, rule: 'oldSelf.hasValue() ? self >= oldSelf.value() : true' })).toEqual([])
    expect(faults(integer, { ...rule, rule: 'self >= oldSelf.orValue(0)' })).toEqual([])
    expect(faults(integer, { ...rule, rule: 'self > 0' })).toEqual([
      { field: `${AT}.optionalOldSelf`, message: 'Invalid value: true: may not be set if oldSelf is not used in rule' },
    ])
    expect(faults(integer, { ...rule, rule: 'self >= oldSelf' })[0]?.message).toContain(
      overload('_>=_', '(int, optional_type(int))'),
    )
  })

  it('of whole objects, whose names alone are seen of their metadata', () => {
    const root = (rule: string) =>
      structuralErrors(
        { type: 'object', properties: { spec: object }, 'x-kubernetes-validations': [{ rule }] },
        new FieldPath('s'),
      ).map(({ message }) => message)
    expect(root('self.metadata.name == "a" && self.kind == "" && self.spec.x == 1')).toEqual([])
    expect(root('self.metadata.generateName == ""')).toEqual([])
    expect(root('self.metadata.labels.a == ""')[0]).toContain("undefined field 'labels'")
    expect(root('self.status.a == ""')[0]).toContain("undefined field 'status'")
  })
})

describe('what an update leaves as it was', () => {
  const definition = (rule: string, description: string) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Cluster' as const,
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                f: { type: 'string', maxLength: 10, description, 'x-kubernetes-validations': [{ rule }] },
              },
            },
          },
        },
      ],
    },
    status: { storedVersions: ['v1'], conditions: [] },
  })
  const errors = (next: string, previous?: string) =>
    definitionErrors(
      definition(next, 'now') as never,
      new FieldPath(''),
      previous === undefined ? undefined : (definition(previous, 'before') as never),
    ).map(({ message }) => message)

  it('is not refused for what nobody looked at when it was made', () => {
    expect(errors('self == 1')).toHaveLength(1)
    expect(errors('self == 1', 'self == 1')).toEqual([])
    expect(errors('self == 2', 'self == 1')).toHaveLength(1)
    expect(errors('self == 1', 'self == "1"')).toHaveLength(1)
    const dear =
      "'aaaaaaaaaa'.split('').all(a, self.split('').all(b, self.split('').all(c, self.split('').all(d, self.split('').all(e, a != b)))))"
    expect(errors(dear)).toHaveLength(1)
    expect(errors(dear, dear)).toEqual([])
    expect(errors(dear, 'true')).toHaveLength(1)
  })
})
