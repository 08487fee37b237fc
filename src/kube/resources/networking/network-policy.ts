import { cidrErrors, isStrictSubset, parseCidr } from '../../cidr.ts'
import { column, resource } from '../../define.ts'
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidAs,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../../field.ts'
import { deepEqual } from '../../json.ts'
import { portNameErrors, portNumberErrors } from '../../names.ts'
import type { NetworkPolicy } from '../../types.ts'
import { ageColumn, nameColumn, selectorText } from '../columns.ts'
import { labelSelectorErrors } from '../label-selector.ts'

type Spec = NetworkPolicy['spec']
type IngressRule = NonNullable<Spec['ingress']>[number]
type Port = NonNullable<IngressRule['ports']>[number]
type Peer = NonNullable<IngressRule['from']>[number]

const TYPES = ['Egress', 'Ingress']

function ruleErrors(
  ports: readonly Port[] | undefined,
  peers: readonly Peer[] | undefined,
  at: FieldPath,
  peersAt: FieldPath,
): FieldError[] {
  return [
    ...(ports ?? []).flatMap((port, index) => portErrors(port, at.child('ports').index(index))),
    ...(peers ?? []).flatMap((peer, index) => peerErrors(peer, peersAt.index(index))),
  ]
}

function portErrors({ port, endPort }: Port, at: FieldPath): FieldError[] {
  const where = at.child('port')
  const end = at.child('endPort')
  if (typeof port === 'number') {
    const errors = invalidEach(where, port, portNumberErrors(port))
    if (endPort === undefined) return errors
    // The port is shown, not its end: so does Kubernetes.
    if (endPort < port) errors.push(invalidValue(end, port, 'must be greater than or equal to `port`'))
    return [...errors, ...invalidEach(end, endPort, portNumberErrors(endPort))]
  }
  const state = port === undefined ? 'not specified' : 'non-numeric'
  return [
    ...(endPort === undefined ? [] : [invalidValue(end, endPort, `may not be specified when \`port\` is ${state}`)]),
    ...(port === undefined ? [] : invalidEach(where, port, portNameErrors(port))),
  ]
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: Peer, at: FieldPath): FieldError[] {
  const errors = [
    ...labelSelectorErrors(podSelector, at.child('podSelector')),
    ...labelSelectorErrors(namespaceSelector, at.child('namespaceSelector')),
    ...(ipBlock ? blockErrors(ipBlock, at.child('ipBlock')) : []),
  ]
  if (!podSelector && !namespaceSelector && !ipBlock) return [required(at, 'must specify a peer')]
  if (ipBlock && (podSelector || namespaceSelector))
    errors.push(forbiddenField(at, 'may not specify both ipBlock and another peer'))
  return errors
}

function blockErrors({ cidr, except = [] }: NonNullable<Peer['ipBlock']>, at: FieldPath): FieldError[] {
  if (!cidr) return [required(at.child('cidr'))]
  const whole = parseCidr(cidr)
  if (!whole) return invalidEach(at.child('cidr'), cidr, cidrErrors(cidr))
  return except.flatMap((text, index) => {
    const here = at.child('except').index(index)
    const part = parseCidr(text)
    if (!part) return invalidEach(here, text, cidrErrors(text))
    return isStrictSubset(part, whole) ? [] : [invalidValue(here, text, 'must be a strict subset of `cidr`')]
  })
}

function typeErrors({ policyTypes = [] }: Spec, at: FieldPath): FieldError[] {
  if (policyTypes.length > TYPES.length) {
    const shown = `[]networking.PolicyType{${policyTypes.map((type) => JSON.stringify(type)).join(', ')}}`
    return [invalidAs(at, shown, 'may not specify more than two policyTypes')]
  }
  return policyTypes.flatMap((type, index) =>
    TYPES.includes(type) ? [] : [notSupported(at.index(index), type, TYPES)],
  )
}

export const networkPolicies = resource<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  shortNames: ['netpol'],
  scope: 'namespaced',
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',
  columns: [nameColumn(), column('Pod-Selector', 'string', ({ spec }) => selectorText(spec.podSelector)), ageColumn()],
  generation: (next, previous) => !deepEqual(next.spec, previous.spec),
  defaults(draft) {
    draft.spec ??= { podSelector: {} }
    const { spec } = draft
    spec.podSelector ??= {}
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
    // What is said of traffic out of Pods restricts it; what is not said of traffic to them forbids all of it.
    if ((spec.policyTypes ?? []).length === 0)
      spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  },
  validate({ spec }, root) {
    const at = root.child('spec')
    return [
      ...labelSelectorErrors(spec.podSelector, at.child('podSelector')),
      ...(spec.ingress ?? []).flatMap(({ ports, from }, index) => {
        const here = at.child('ingress').index(index)
        return ruleErrors(ports, from, here, here.child('from'))
      }),
      ...(spec.egress ?? []).flatMap(({ ports, to }, index) => {
        const here = at.child('egress').index(index)
        return ruleErrors(ports, to, here, here.child('to'))
      }),
      ...typeErrors(spec, at.child('policyTypes')),
    ]
  },
})
