import { describe, expect, it } from 'vitest'
import { compile } from './expression.ts'
import { escapedName, toCel } from './values.ts'

const evaluate = (text: string, self: unknown = null): unknown => compile(text, { self: 'dyn' }).evaluate({ self })

describe('expressions', () => {
  it.each([
    'quantity("1Gi") == quantity("1024Mi") && quantity("1Gi").isGreaterThan(quantity("1Mi"))',
    'quantity("500m").add(quantity("1500m")).asInteger() == 2 && quantity("1.5").sign() == 1',
    'isQuantity("1.5Gi") && !isQuantity("one")',
    'ip("127.0.0.1").isLoopback() && ip("::1").family() == 6 && isIP("10.0.0.1") && !isIP("10.0.0")',
    'cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")',
    'cidr("10.1.2.3/8").masked().prefixLength() == 8 && string(cidr("10.1.2.3/8").ip()) == "10.1.2.3"',
    'url("https://a.b:8080/x?y=1").getHost() == "a.b:8080" && url("/x").getEscapedPath() == "/x" && !isURL("no url")',
    'url("https://a.b/?y=1&y=2").getQuery()["y"] == ["1", "2"]',
    '!format.dns1123Label().validate("a").hasValue() && format.named("uuid").value().validate("x").hasValue()',
    '["a", "b"].isSorted() && [1, 2, 3].sum() == 6 && [1, 2].max() == 2 && ["a"].indexOf("b") == -1',
    'sets.contains([1, 2], [1]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])',
    '"%s has %d of %s".format(["x", 3, [1, 2]]) == "x has 3 of [1, 2]"',
    '"abc".replace("b", "x").charAt(1) == "x" && "a1b22".findAll("[0-9]+") == ["1", "22"] && "a1".find("[0-9]") == "1"',
    '"a.b".matches("^a\\\\.b$") && matches("x", "y|x") && "matches(" != "matches"',
    'duration("1h") > duration("59m") && timestamp("2026-01-01T00:00:00Z").getFullYear() == 2026',
    'optional.of(1).optMap(x, x + 1).value() == 2 && !optional.none().optMap(x, x).hasValue()',
    '{"a": {"b": 1}}[?"a"].optFlatMap(x, x[?"b"]).orValue(2) == 1 && optional.of(1).optFlatMap(x, optional.none()).orValue(2) == 2',
    '[1, 2].all(x, optional.of(x).optMap(y, optional.of(y + x).optMap(z, z + y).value() == 3 * x).value())',
    '!optional.ofNonZeroValue("").hasValue() && optional.ofNonZeroValue([1]).hasValue()',
    'strings.quote("a\\"b") == "\\"a\\\\\\"b\\"" && "%s".format([{"b": 1, "a": [null, true]}]) == "{a: [null, true], b: 1}"',
    'has({"a": [{"b": 1}]}.a[0].b) && !has({"a": [{"b": 1}]}.a[0].c) && !has({"a": 1}.?b.c) && "has(" != "x"',
    'cidr("10.1.0.0/16") == cidr("10.1.0.0/16").masked() && cidr("10.1.2.3/16") != cidr("10.1.0.0/16")',
    'ip.isCanonical("::1") && !ip.isCanonical("0:0::1") && ["::1"].all(ip, isIP(ip)) && optional.none() != null',
    'string(timestamp("2026-01-01T00:00:00Z")) == "2026-01-01T00:00:00Z" && int(timestamp("1970-01-01T00:01:00Z")) == 60',
    'string(timestamp("2026-01-01T00:00:10.5Z")) == "2026-01-01T00:00:10.5Z" && string(duration("1m30s")) == "90s"',
    'optional.of(1) == optional.of(1) && optional.of("a") != optional.none() && optional.none() == {"a": 1}[?"b"]',
    'optional.of([1, 2]) == optional.of([1, 2]) && optional.of({"a": 1}) == optional.of({"a": 1})',
    '[1, 2].all(x, [3].exists(y, y > x)) && {"a": 1}.exists(k, k == "a")',
  ])('%s', (text) => {
    expect(evaluate(text)).toBe(true)
  })

  it('take time in proportion to their text, whatever the pattern', () => {
    expect(evaluate('self.matches("^(a+)+$")', `${'a'.repeat(5000)}b`)).toBe(false)
  })

  it.each([
    { text: 'self +', says: /Unexpected token/ },
    { text: 'other == 1', says: /Unknown variable: other/ },
    { text: 'self.nope()', says: /nope/ },
    { text: '1 + "a"', says: /no such overload/ },
  ])('are refused: $text', ({ text, says }) => {
    expect(() => compile(text, { self: 'dyn' })).toThrow(says)
  })
})

describe('values', () => {
  it('have the types of their schema', () => {
    const schema = {
      type: 'object',
      properties: {
        count: { type: 'integer' },
        share: { type: 'number' },
        at: { type: 'string', format: 'date-time' },
        'x-y.z': { type: 'string' },
        namespace: { type: 'string' },
        labels: { type: 'object', additionalProperties: { type: 'integer' } },
        port: { 'x-kubernetes-int-or-string': true },
      },
    }
    const value = {
      count: 3,
      share: 2,
      at: '2026-01-01T00:00:00Z',
      'x-y.z': 'a',
      namespace: 'n',
      labels: { 'a/b': 1 },
      port: 80,
      other: 1,
    }
    const self = toCel(schema, value)
    for (const text of [
      'self.count + 1 == 4',
      'self.share / 4.0 == 0.5',
      'self.at < timestamp("2026-02-01T00:00:00Z")',
      'self.x__dash__y__dot__z == "a" && self.__namespace__ == "n"',
      'self.labels["a/b"] == 1 && self.labels.all(k, k.contains("/"))',
      'type(self.port) == int && self.port == 80',
      '!has(self.other)',
    ])
      expect(evaluate(text, self), text).toBe(true)
  })

  it('have names that can be said', () => {
    expect(['a', 'in', 'a-b', 'a__b', '1a', 'a b'].map(escapedName)).toEqual([
      'a',
      '__in__',
      'a__dash__b',
      'a__underscores__b',
      undefined,
      undefined,
    ])
  })
})
