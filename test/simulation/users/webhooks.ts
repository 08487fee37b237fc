/**
 * Operators of admission webhooks, and users who make Pods without a workload: in some histories only, with chance of
 * their own, so that all others are what they are without them.
 */
import { userOfController } from '../../../src/cluster/engine/controller-user.ts'
import type { Resource } from '../../../src/kube/resource.ts'
import { mutatingWebhookConfigurations } from '../../../src/kube/resources/admissionregistration/mutating-webhook-configuration.ts'
import { validatingWebhookConfigurations } from '../../../src/kube/resources/admissionregistration/validating-webhook-configuration.ts'
import { pods } from '../../../src/kube/resources/core/pod.ts'
import type { Cluster } from '../cluster.ts'
import { MUTATING, VALIDATING } from '../outside.ts'
import type { Chance } from '../random.ts'
import { NAMESPACES } from './act.ts'
import * as drafts from './drafts.ts'

const GAPS = [100, 1000, 5000, 30_000] as const
/** Of a hundred acts. */
const CONFIGURATIONS = 40

export interface WebhookWorkload {
  /** Those that stay answer at once, and always. */
  stop(): void
}

export function startWebhooks(cluster: Cluster, chance: Chance): WebhookWorkload {
  const { client, timeline, outside } = cluster
  let isStopped = false
  let marks = 0
  Object.assign(outside.faults, {
    lost: chance.pick([0, 5, 20]),
    failing: chance.pick([0, 5, 20]),
    denying: chance.pick([0, 0, 5, 20]),
    latencyMs: chance.pick([1, 100, 2000, 20_000]),
  })

  const configure = (): void => {
    const isMutating = chance.percent(50)
    // What differs between the two kinds is not looked at here.
    const resource = (isMutating
      ? mutatingWebhookConfigurations
      : validatingWebhookConfigurations) as unknown as Resource
    const name = chance.pick(['first', 'second'])
    if (chance.percent(30)) {
      client.remove(resource, { namespace: '', name })
      return
    }
    marks += 1
    const draft = configurationOf({ name, url: `${isMutating ? MUTATING : VALIDATING}${marks}` }, chance)
    client.write(`configure ${resource.singular} ${name}`, ({ operations, store }) => {
      const key = { namespace: '', name }
      const object = store.get(resource, key)
        ? operations.update(resource, key, structuredClone(draft) as never)
        : operations.create(resource, '', structuredClone(draft) as never)
      return [{ resource, object }]
    })
  }

  const makePod = (): void => {
    const { metadata, spec } = drafts.templateOf('alone', chance) as { metadata: object; spec: object }
    const name = `alone-${chance.int(1000)}`
    client.createAs(userOfController('test'), pods, chance.pick(NAMESPACES), { metadata: { ...metadata, name }, spec })
  }

  const next = (): void => {
    timeline.after(chance.pick(GAPS), 'an operator acts', () => {
      if (isStopped) return
      client.atOnce(() => {
        if (chance.percent(CONFIGURATIONS)) configure()
        if (chance.percent(CONFIGURATIONS)) makePod()
      })
      next()
    })
  }
  next()
  return {
    stop() {
      isStopped = true
      outside.calm()
    },
  }
}

const configurationOf = ({ name, url }: { name: string; url: string }, chance: Chance): object => ({
  metadata: { name },
  webhooks: [
    {
      name: `${name}.outside.example.com`,
      clientConfig: { url },
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          resources: ['pods'],
          operations: chance.percent(60) ? ['CREATE'] : ['CREATE', 'DELETE'],
        },
      ],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: chance.pick([1, 5, 10]),
      failurePolicy: chance.pick(['Fail', 'Ignore']),
    },
  ],
})
