/** The objects that Pods cannot run without: a node is told of these and no others. */
import type { Key } from '../object.ts'
import type { Pod } from '../types.ts'

/** By `namespace/name`. */
export interface Mentioned {
  readonly configMaps: Map<string, Key>
  readonly secrets: Map<string, Key>
}

/** The ConfigMaps and Secrets that Pods mount, read into their environment or pull images with. */
export function mentionedBy(all: readonly Pod[]): Mentioned {
  const mentioned: Mentioned = { configMaps: new Map(), secrets: new Map() }
  for (const pod of all) {
    const namespace = pod.metadata.namespace ?? ''
    const note = (into: Map<string, Key>, name: string | undefined) => {
      if (name) into.set(`${namespace}/${name}`, { namespace, name })
    }
    for (const volume of pod.spec.volumes ?? []) {
      note(mentioned.configMaps, volume.configMap?.name)
      note(mentioned.secrets, volume.secret?.secretName)
      for (const source of volume.projected?.sources ?? []) {
        note(mentioned.configMaps, source.configMap?.name)
        note(mentioned.secrets, source.secret?.name)
      }
    }
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      for (const source of container.envFrom ?? []) {
        note(mentioned.configMaps, source.configMapRef?.name)
        note(mentioned.secrets, source.secretRef?.name)
      }
      for (const { valueFrom } of container.env ?? []) {
        note(mentioned.configMaps, valueFrom?.configMapKeyRef?.name)
        note(mentioned.secrets, valueFrom?.secretKeyRef?.name)
      }
    }
    for (const { name } of pod.spec.imagePullSecrets ?? []) note(mentioned.secrets, name)
  }
  return mentioned
}
