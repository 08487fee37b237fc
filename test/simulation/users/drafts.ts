/** Objects as a user writes them, with what matters to the control plane drawn by lot. */
import type { Chance } from '../random.ts'

export const IMAGES = ['web:1', 'web:2', 'web:3', 'web:4'] as const
/** Its containers never become ready. */
export const BROKEN_IMAGE = 'web:broken'

export const imageOf = (chance: Chance): string => (chance.percent(8) ? BROKEN_IMAGE : chance.pick(IMAGES))

export function templateOf(app: string, chance: Chance): object {
  return {
    metadata: { labels: { app, ...(chance.percent(20) ? { tier: chance.pick(['front', 'back']) } : {}) } },
    spec: {
      terminationGracePeriodSeconds: chance.pick([0, 1, 30, 30]),
      ...(chance.percent(8)
        ? { nodeSelector: { 'topology.kubernetes.io/zone': chance.pick(['zone-0', 'zone-1']) } }
        : {}),
      containers: [
        {
          name: 'c',
          image: imageOf(chance),
          resources: { requests: { cpu: chance.pick(['100m', '250m', '500m', '1']), memory: '64Mi' } },
          ports: [{ name: 'http', containerPort: 8080, ...(chance.percent(6) ? { hostPort: 8080 } : {}) }],
        },
      ],
    },
  }
}

const limitOf = (chance: Chance): string | number => chance.pick([0, 1, 2, '25%', '50%', '100%'])

function strategyOf(chance: Chance): object {
  if (chance.percent(15)) return { strategy: { type: 'Recreate' } }
  if (chance.percent(40)) return {}
  const maxSurge = limitOf(chance)
  // Both of 0 is refused.
  const maxUnavailable = maxSurge === 0 ? chance.pick([1, '50%']) : limitOf(chance)
  return { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } }
}

const minReadyOf = (chance: Chance): object => (chance.percent(25) ? { minReadySeconds: chance.pick([1, 5, 30]) } : {})

export const deploymentOf = (name: string, chance: Chance): object => ({
  metadata: { name, labels: { app: name } },
  spec: {
    replicas: chance.int(6),
    ...minReadyOf(chance),
    ...(chance.percent(30) ? { revisionHistoryLimit: chance.int(3) } : {}),
    ...(chance.percent(30) ? { progressDeadlineSeconds: 60 } : {}),
    ...strategyOf(chance),
    selector: { matchLabels: { app: name } },
    template: templateOf(name, chance),
  },
})

export const replicaSetOf = (name: string, chance: Chance): object => ({
  metadata: { name },
  spec: {
    replicas: chance.int(4),
    ...minReadyOf(chance),
    selector: { matchLabels: { app: name } },
    template: templateOf(name, chance),
  },
})

export const replicationControllerOf = (name: string, chance: Chance): object => ({
  metadata: { name },
  spec: { replicas: chance.int(4), selector: { app: name }, template: templateOf(name, chance) },
})

/** Few addresses and ports to wish for, so that wishes collide. */
export function serviceOf(name: string, chance: Chance): object {
  const type = chance.pick(['ClusterIP', 'ClusterIP', 'NodePort'])
  const wishes = type === 'NodePort' && chance.percent(50) ? { nodePort: 30_000 + chance.int(3) } : {}
  const ip = chance.percent(25) ? { clusterIP: `10.96.0.${chance.between(50, 52)}` } : {}
  return {
    metadata: { name },
    spec: {
      type,
      ...(type === 'ClusterIP' && chance.percent(20) ? { clusterIP: 'None' } : ip),
      selector: { app: name },
      ports: [{ name: 'http', port: 80, targetPort: chance.pick(['http', 8080]), ...wishes }],
    },
  }
}

/** Its endpoints are kept by hand. */
export const bareServiceOf = (name: string): object => ({
  metadata: { name: `${name}-bare` },
  spec: { ports: [{ port: 5432 }] },
})
