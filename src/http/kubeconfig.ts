/** A kubeconfig for one cluster: what kubectl, helm and the client libraries read. */
import { stringify } from 'yaml'

export interface KubeconfigOptions {
  readonly name: string
  /** `https://host/clusters/<id>`. */
  readonly server: string
  readonly token: string
  /** PEM, where the server's certificate is signed by a private CA. */
  readonly ca: string | undefined
}

export function kubeconfig({ name, server, token, ca }: KubeconfigOptions): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, ...(ca ? { 'certificate-authority-data': btoa(ca) } : {}) } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  })
}
