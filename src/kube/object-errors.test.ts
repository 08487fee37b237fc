import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from './errors.ts'
import { root } from './field.ts'
import { clone } from './json.ts'
import type { KubeObject } from './object.ts'
import { objectErrors } from './object-errors.ts'
import { everyVersion } from './registry.ts'
import { apiVersionOf, type Resource } from './resource.ts'
import { daemonSets } from './resources/apps/daemon-set.ts'
import { statefulSets } from './resources/apps/stateful-set.ts'
import { endpoints } from './resources/core/endpoints.ts'
import { pods } from './resources/core/pod.ts'
import { roles } from './resources/rbac/roles.ts'
import { refusals } from './resources/testing.ts'
import { decode } from './schema/decode.ts'
import { breaks, fullObject, mutations } from './schema/testing.ts'
import { errorsOfUpdate } from './standing-errors.ts'

const container = { name: 'c', image: 'x' }
const selecting = {
  selector: { matchLabels: { app: 'a' } },
  template: { metadata: { labels: { app: 'a' } }, spec: { containers: [container] } },
}

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
      what: 'a port of none',
      said: () => refusals(pods, { spec: { containers: [{ ...container, ports: [{ containerPort: 0 }] }] } }),
      want: 'spec.containers[0].ports[0].containerPort: Required value',
    },
    {
      what: 'a sleep of no length',
      said: () => refusals(pods, { spec: { containers: [{ ...container, lifecycle: { preStop: { sleep: {} } } }] } }),
      want: 'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 0: must be greater than 0 and less than terminationGracePeriodSeconds (30). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.',
    },
    {
      what: 'how a StatefulSet makes its Pods',
      said: () => refusals(statefulSets, { spec: { ...selecting, podManagementPolicy: 'Wrong' } }),
      want: "spec.podManagementPolicy: Invalid value: \"Wrong\": must be 'OrderedReady' or 'Parallel'",
    },
    {
      what: 'how a DaemonSet is updated',
      said: () => refusals(daemonSets, { spec: { ...selecting, updateStrategy: { type: 'Wrong' } } }),
      want: 'spec.updateStrategy: Unsupported value: {"type":"Wrong"}: supported values: "OnDelete", "RollingUpdate"',
    },
    {
      what: 'how a StatefulSet is updated',
      said: () =>
        refusals(statefulSets, {
          spec: { ...selecting, updateStrategy: { type: 'Wrong' } },
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

describe('an object of any shape', () => {
  const attempt = (act: () => void): void => {
    try {
      act()
    } catch (error) {
      // What is no object of its kind at all is refused while it is decoded, or read.
      if (!(error instanceof StatusError)) throw error
    }
  }

  it.each(everyVersion.resources.map((resource) => ({ resource, kind: `${resource.kind} of ${resource.version}` })))(
    'is judged, never a fault: $kind',
    ({ resource }) => {
      const full = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...fullObject(resource.schema) }
      fc.assert(
        fc.property(mutations(full), mutations(full), (first, second) => {
          attempt(() => {
            const made = decoded(resource, first)
            resource.dropForCreate(made)
            resource.defaults(made)
            resource.prepareForCreate(made, { now: 0 })
            objectErrors(resource, made)
            resource.warnings(made, undefined)
            const next = decoded(resource, second)
            resource.prepareForUpdate(next, made)
            resource.defaults(next)
            const judge = (after: KubeObject, before: KubeObject) => [
              ...objectErrors(resource, after, before),
              ...resource.validateUpdate(after, before, root),
            ]
            errorsOfUpdate(resource, { next, existing: made }, judge)
            resource.warnings(next, made)
            const told = { ...made, status: (next as { status?: unknown }).status ?? {} } as KubeObject
            resource.prepareForStatusUpdate(told, made, { now: 0, subresource: 'status' })
            resource.validateStatus(told, made, root)
          })
        }),
        { numRuns: 60 },
      )
    },
  )

  /** As one that is created has a name and a place. */
  const decoded = (resource: Resource, given: Record<string, unknown>): KubeObject => {
    const object = decode(resource, clone(given)).object as unknown as KubeObject
    object.metadata = { ...object.metadata, name: 'a', namespace: 'n', uid: 'u' }
    return object
  }
})
