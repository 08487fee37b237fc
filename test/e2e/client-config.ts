/** The kubeconfig for Kubernetes' own client for Node. */
import { KubeConfig } from '@kubernetes/client-node'
import type { ControlPlane } from './control-plane.ts'

/** `url`: where the server is reached, be it through a proxy. */
export function configFor({ ready }: ControlPlane, url = ready.url): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(ready.kubeconfig)
  for (const cluster of config.clusters) Object.assign(cluster, { server: cluster.server.replace(ready.url, url) })
  return config
}
