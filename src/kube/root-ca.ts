/** The ConfigMap of each namespace that Pods verify the API with: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/ */

export const ROOT_CA_NAME = 'kube-root-ca.crt'

const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** `certificate`: PEM of the cluster's CA. */
export const rootCaConfigMap = (namespace: string, certificate: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: ROOT_CA_NAME, namespace, annotations: { 'kubernetes.io/description': DESCRIPTION } },
  data: { 'ca.crt': certificate },
})
