/** Rules of environment variables and where they come from (k8s.io/kubernetes: ValidateEnv, ValidateEnvFrom). */
import { type FieldError, type FieldPath, invalidEach, invalidValue, required } from '../field.ts'
import { withoutDash } from '../metadata.ts'
import { configKeyErrors, dnsSubdomainErrors, envNameErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { ENV_FIELDS, fieldRefErrors, resourceRefErrors } from './validate-downward.ts'

type Container = Pod['spec']['containers'][number]

export function validateEnv(container: Container, at: FieldPath, errors: FieldError[]): void {
  for (const [index, env] of (container.env ?? []).entries()) {
    const here = at.child('env').index(index)
    if (!env.name) errors.push(required(here.child('name')))
    else for (const why of envNameErrors(env.name)) errors.push(invalidValue(here.child('name'), env.name, why))
    if (!env.valueFrom) continue
    const sources = Object.keys(env.valueFrom).length
    const from = here.child('valueFrom')
    if (sources === 0)
      errors.push(
        invalidValue(
          from,
          '',
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`',
        ),
      )
    else if (env.value) errors.push(invalidValue(from, '', 'may not be specified when `value` is not empty'))
    else if (sources > 1) errors.push(invalidValue(from, '', 'may not have more than one field specified at a time'))
    const { fieldRef, resourceFieldRef } = env.valueFrom
    if (fieldRef) errors.push(...fieldRefErrors(fieldRef, ENV_FIELDS, from.child('fieldRef')))
    if (resourceFieldRef) errors.push(...resourceRefErrors(resourceFieldRef, false, from.child('resourceFieldRef')))
    for (const source of ['configMapKeyRef', 'secretKeyRef'] as const) {
      const ref = env.valueFrom[source]
      if (!ref) continue
      const name = ref.name ?? ''
      errors.push(...invalidEach(from.child(source).child('name'), name, dnsSubdomainErrors(name)))
      for (const why of ref.key ? configKeyErrors(ref.key) : [])
        errors.push(invalidValue(from.child(source).child('key'), ref.key, why))
    }
  }
  validateEnvFrom(container, at.child('envFrom'), errors)
}

function validateEnvFrom({ envFrom = [] }: Container, at: FieldPath, errors: FieldError[]): void {
  for (const [index, source] of envFrom.entries()) {
    const here = at.index(index)
    if (source.prefix) errors.push(...invalidEach(here.child('prefix'), source.prefix, envNameErrors(source.prefix)))
    for (const kind of ['configMapRef', 'secretRef'] as const) {
      const name = source[kind]?.name
      if (source[kind] && !name) errors.push(required(here.child(kind).child('name')))
      // Kubernetes judges it as a prefix, which may end with a dash.
      if (name) errors.push(...invalidEach(here.child(kind).child('name'), name, dnsSubdomainErrors(withoutDash(name))))
    }
    if (!source.configMapRef && !source.secretRef)
      errors.push(invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (source.configMapRef && source.secretRef)
      errors.push(invalidValue(at, '', 'may not have more than one field specified at a time'))
  }
}
