import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../object.ts'
import { builtIn, builtInFor } from '../registry.ts'
import { apiVersionOf, type Resource } from '../resource.ts'
import { cronJobsV1beta1 } from './batch/cron-job-v1beta1.ts'
import { endpointSlicesV1beta1 } from './discovery/endpoint-slice-v1beta1.ts'
import { podDisruptionBudgetsV1beta1 } from './policy/pod-disruption-budget-v1beta1.ts'
import { refusals } from './testing.ts'

function conversionOf<T extends KubeObject>({ conversion }: Resource<T>) {
  if (!conversion) throw new Error('not a version of what is kept')
  return conversion
}

const slices = conversionOf(endpointSlicesV1beta1)
const budgets = conversionOf(podDisruptionBudgetsV1beta1)
const metadata = { name: 'a' }

const shownEndpoint = (endpoint: object) =>
  (slices.fromStored({ metadata, endpoints: [endpoint] } as unknown as KubeObject) as { endpoints: object[] })
    .endpoints[0]
const keptEndpoint = (endpoint: object) =>
  (slices.toStored({ metadata, endpoints: [endpoint] } as never) as unknown as { endpoints: object[] }).endpoints[0]

const ZONE = 'topology.kubernetes.io/zone'
const HOST = 'kubernetes.io/hostname'

describe('an EndpointSlice in v1beta1', () => {
  it.each([
    { what: 'nothing', kept: {}, shown: {} },
    { what: 'its node', kept: { nodeName: 'n' }, shown: { nodeName: 'n', topology: { [HOST]: 'n' } } },
    {
      what: 'its zone and labels',
      kept: { zone: 'z', deprecatedTopology: { rack: '1' } },
      shown: { topology: { rack: '1', [ZONE]: 'z' } },
    },
    {
      what: 'a host that is not its node',
      kept: { nodeName: 'n', deprecatedTopology: { [HOST]: 'other' } },
      shown: { nodeName: 'n', topology: { [HOST]: 'other' } },
    },
  ])('says of an endpoint $what, and is kept as it was', ({ kept, shown }) => {
    const addresses = ['10.0.0.1']
    expect(shownEndpoint({ addresses, ...kept })).toEqual({ addresses, ...shown })
    expect(keptEndpoint({ addresses, ...shown })).toEqual({ addresses, ...kept })
  })

  it('names the node by its host where nothing else does', () =>
    expect(keptEndpoint({ topology: { [HOST]: 'n' } })).toEqual({ nodeName: 'n' }))

  it('loses nothing on its way to the client and back', () => {
    const label = fc.constantFrom('a', 'b')
    const endpoint = fc.record(
      {
        nodeName: label,
        zone: label,
        deprecatedTopology: fc.dictionary(fc.constantFrom('rack', 'row'), label, { minKeys: 1 }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(endpoint, (kept) => {
        expect(keptEndpoint(shownEndpoint(kept) ?? {})).toEqual(kept)
      }),
    )
  })
})

const LABEL = 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match'
const labelled = (operator: string) => ({ matchExpressions: [{ key: LABEL, operator }] })
const one = { matchLabels: { app: 'a' } }

describe('a PodDisruptionBudget in v1beta1', () => {
  const budget = (selector: object | undefined) =>
    ({ metadata, spec: { minAvailable: 1, ...(selector ? { selector } : {}) } }) as unknown as KubeObject
  const selectorOf = (object: unknown) => (object as { spec: { selector?: object } }).spec.selector

  it.each([
    { what: 'nothing by no selector', older: undefined, kept: undefined },
    { what: 'nothing by an empty one', older: {}, kept: labelled('Exists') },
    { what: 'all by a label that no Pod has', older: labelled('DoesNotExist'), kept: {} },
    { what: 'what its labels say', older: one, kept: one },
  ])('selects $what', ({ older, kept }) => {
    expect(selectorOf(budgets.toStored(budget(older) as never))).toEqual(kept)
    expect(selectorOf(budgets.fromStored(budget(kept)))).toEqual(older)
  })

  it('has no say by that label beside other requirements', () =>
    expect(selectorOf(budgets.toStored(budget({ ...one, ...labelled('Exists') }) as never))).toEqual(one))

  it('has no eviction policy, which is newer', () =>
    expect(
      budgets.fromStored({ metadata, spec: { unhealthyPodEvictionPolicy: 'AlwaysAllow' } } as unknown as KubeObject),
    ).toMatchObject({ spec: {} }))
})

describe('a CronJob in v1beta1', () => {
  it('is judged by the rules of today', () => {
    const jobTemplate = {
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] } } },
    }
    expect(refusals(cronJobsV1beta1, { spec: { schedule: '@daily', jobTemplate } })).toEqual([])
    expect(
      refusals(cronJobsV1beta1, { spec: { schedule: '@daily', concurrencyPolicy: 'Sometimes', jobTemplate } })[0],
    ).toMatch(/^spec\.concurrencyPolicy: Unsupported value/)
  })
})

describe('the older versions', () => {
  const older = builtInFor('1.20').resources.filter((resource) => !builtIn.resources.includes(resource))

  it.each(older.map((resource) => ({ version: apiVersionOf(resource), resource })))(
    '$version says which to use instead',
    ({ version, resource }) =>
      expect(resource.deprecationWarning).toMatch(
        new RegExp(
          `^${version} ${resource.kind} is deprecated in v1\\.2\\d\\+, unavailable in v1\\.2\\d\\+; use .+ ${resource.kind}$`,
        ),
      ),
  )

  it('are of no cluster that was not made for them', () =>
    expect(builtInFor(undefined).resources.filter(({ version }) => /beta/.test(version))).toEqual([]))
})
