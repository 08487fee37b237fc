import { describe, expect, it } from 'vitest'
import { root } from './field.ts'
import { objectErrors } from './object-errors.ts'
import { everyVersion } from './registry.ts'
import { statefulSets } from './resources/apps/stateful-set.ts'
import { endpoints } from './resources/core/endpoints.ts'
import { pods } from './resources/core/pod.ts'
import { roles } from './resources/rbac/roles.ts'
import { refusals } from './resources/testing.ts'
import { breaks, fullObject } from './schema/testing.ts'

const container = { name: 'c', image: 'x' }

describe('what is wrong with an object', () => {
  it.each([
    {
      what: 'verbs of a rule',
      said: () => refusals(roles, { rules: [{ apiGroups: [''], resources: ['pods'], verbs: [] }] }),
      want: 'rules[0].verbs: Required value: verbs must contain at least one value',
    },
    {
      what: 'an operator of a toleration',
      said: () => refusals(pods, { spec: { containers: [container], tolerations: [{ key: 'a', operator: 'Gt' }] } }),
      want: 'spec.tolerations[0].operator: Unsupported value: "Gt": supported values: "Equal", "Exists"',
    },
    {
      what: 'how a StatefulSet is updated',
      said: () =>
        refusals(statefulSets, {
          spec: {
            selector: { matchLabels: { app: 'a' } },
            template: { metadata: { labels: { app: 'a' } }, spec: { containers: [container] } },
            updateStrategy: { type: 'Wrong' },
          },
        }),
      want: 'spec.updateStrategy: Invalid value: {"type":"Wrong"}: must be \'RollingUpdate\' or \'OnDelete\'',
    },
    {
      what: 'an address that is missing',
      said: () => refusals(endpoints, { subsets: [{ addresses: [{}] }] }),
      want: 'subsets[0].addresses[0].ip: Invalid value: "": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    },
  ])('is said once: $what', ({ said, want }) => expect(said()).toEqual([want]))

  /** Of a field that the kind judges it has the only word. */
  it.each(everyVersion.resources.map((resource) => ({ resource, kind: `${resource.kind} of ${resource.version}` })))(
    'is said by the schema or by the kind: $kind',
    ({ resource }) => {
      for (const { what, object } of breaks(resource.schema, fullObject(resource.schema))) {
        const draft = { apiVersion: 'v1', kind: resource.kind, ...object } as never
        resource.defaults(draft)
        const rules = resource.validate(draft, root)
        const judged = new Set(rules.map(({ field }) => field))
        const said = objectErrors(resource, draft).filter(({ field }) => judged.has(field))
        expect(said, what).toEqual(rules)
      }
    },
  )

  it.each(everyVersion.resources.map((resource) => ({ resource, kind: `${resource.kind} of ${resource.version}` })))(
    'has no value twice where the kind has nothing more to say: $kind',
    ({ resource }) => {
      for (const { what, object } of breaks(resource.schema, fullObject(resource.schema))) {
        const draft = { apiVersion: 'v1', kind: resource.kind, ...object } as never
        resource.defaults(draft)
        const unsupported = objectErrors(resource, draft).filter(({ reason }) => reason === 'FieldValueNotSupported')
        const texts = new Set(unsupported.map(({ field, message }) => `${field}: ${message}`))
        const twice = [...Map.groupBy(texts, (text) => text.slice(0, text.indexOf(':')))]
          .filter(([field, all]) => all.length > 1 && !/(restart|resize)Policy$/.test(field))
          .flatMap(([, all]) => all)
        expect(twice, what).toEqual([])
      }
    },
  )
})
