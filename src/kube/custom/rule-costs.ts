/**
 * Rules that are too dear for the largest objects that their schema takes, in the words of apiextensions' validation.
 * https://kubernetes.io/docs/reference/using-api/cel/#resource-constraints
 */
import { type FieldError, type FieldPath, forbiddenField } from '../field.ts'
import type { JsonSchema } from './json-schema.ts'
import { MAX_REQUEST_BYTES, minBytesOf } from './rule-types.ts'

/** kube-apiserver's own limits, of one expression and of all those of a schema. */
const MAX_COST = 10_000_000
const MAX_COST_OF_SCHEMA = 100_000_000
/** What is dearer by less than this is taken: the estimate need not be kube-apiserver's to a step. */
const LENIENCE = 2
/** Of so many it is said that they make a schema too dear. */
const NAMED = 4

/** The rules of one schema that have been looked at. */
export type RuleCosts = { readonly at: FieldPath; readonly cost: number }[]

/** How often a value of the schema may be in one object; `declared` is undefined where a list or map above has no limit. */
export const timesOf = (schema: JsonSchema, declared: number | undefined): number =>
  declared ?? Math.floor(MAX_REQUEST_BYTES / (minBytesOf(schema) + 1))

export const costErrors = (what: string, cost: number, at: FieldPath): FieldError[] =>
  cost > LENIENCE * MAX_COST ? [forbiddenField(at, costText(what, cost / MAX_COST))] : []

/** `at` is the path of the whole schema. */
export function totalCostErrors(costs: RuleCosts, at: FieldPath): FieldError[] {
  const total = costs.reduce((sum, { cost }) => sum + cost, 0)
  if (total <= LENIENCE * MAX_COST_OF_SCHEMA) return []
  const dearest = [...costs].sort((a, b) => b.cost - a.cost).slice(0, NAMED)
  return [
    ...dearest.map((one) =>
      forbiddenField(
        one.at,
        'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      ),
    ),
    forbiddenField(
      at,
      costText(
        'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema',
        total / MAX_COST_OF_SCHEMA,
      ),
    ),
  ]
}

const costText = (what: string, factor: number): string =>
  `${what} exceeds budget by factor of ${factorText(factor)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`

const factorText = (factor: number): string => (factor > 100 ? 'more than 100x' : `${factor.toFixed(1)}x`)
