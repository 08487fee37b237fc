/** Rules of probes and lifecycle hooks: what is asked or run, and how often (k8s.io/kubernetes: validateHandler). */
import {
  type FieldError,
  type FieldPath,
  forbiddenField,
  invalidEach,
  invalidValue,
  notSupported,
  required,
} from '../field.ts'
import { toNumber } from '../json.ts'
import { portNameErrors, portNumberErrors } from '../names.ts'
import type { Pod } from '../types.ts'
import { notNegative } from './validate-values.ts'

type Container = Pod['spec']['containers'][number]
type Probe = NonNullable<Container['livenessProbe']>
type Hook = NonNullable<NonNullable<Container['lifecycle']>['postStart']>
/** A probe's or a hook's: each has a kind that the other lacks. */
type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<Hook, 'sleep'>

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const
const NOT_FOR_INIT = 'may not be set for init containers without restartPolicy=Always'
const HEADER = /^[-A-Za-z0-9]+$/
const HEADER_FORM =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
const SCHEMES = ['HTTP', 'HTTPS']
const TIMES = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

export function validateProbes(
  container: Container,
  at: FieldPath,
  { isInit, graceSeconds }: { isInit: boolean; graceSeconds: number },
  errors: FieldError[],
): void {
  const mayLast = !isInit || container.restartPolicy === 'Always'
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const probe = container[name]
    if (!probe) continue
    const here = at.child(name)
    if (!mayLast) {
      errors.push(forbiddenField(here, NOT_FOR_INIT))
      continue
    }
    errors.push(...handlerErrors(probe, graceSeconds, here))
    for (const field of TIMES) notNegative(probe[field], here.child(field), errors)
    errors.push(...graceErrors(probe, here.child('terminationGracePeriodSeconds'), name === 'readinessProbe'))
    if (name !== 'readinessProbe' && probe.successThreshold !== 1)
      errors.push(invalidValue(here.child('successThreshold'), probe.successThreshold, 'must be 1'))
  }
  if (container.lifecycle && !mayLast) errors.push(forbiddenField(at.child('lifecycle'), NOT_FOR_INIT))
  for (const name of ['postStart', 'preStop'] as const) {
    const hook = container.lifecycle?.[name]
    if (hook && mayLast) errors.push(...handlerErrors(hook, graceSeconds, at.child('lifecycle').child(name)))
  }
}

/** Who is not ready is not ended. */
function graceErrors(
  { terminationGracePeriodSeconds: seconds }: Probe,
  at: FieldPath,
  isOfReadiness: boolean,
): FieldError[] {
  if (seconds === undefined) return []
  return [
    ...(toNumber(seconds) <= 0 ? [invalidValue(at, seconds, 'must be greater than 0')] : []),
    ...(isOfReadiness ? [invalidValue(at, seconds, 'must not be set for readinessProbes')] : []),
  ]
}

/** Exactly one kind, and of it what it needs. */
function handlerErrors(handler: Handler, graceSeconds: number, at: FieldPath): FieldError[] {
  const [first, ...others] = HANDLERS.filter((kind) => handler[kind] !== undefined)
  if (first === undefined) return [required(at, 'must specify a handler type')]
  return [
    ...kindErrors({ [first]: handler[first] }, graceSeconds, at.child(first)),
    ...others.map((kind) => forbiddenField(at.child(kind), 'may not specify more than 1 handler type')),
  ]
}

function kindErrors(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  graceSeconds: number,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (exec && (exec.command ?? []).length === 0) errors.push(required(at.child('command')))
  if (httpGet?.scheme && !SCHEMES.includes(httpGet.scheme))
    errors.push(notSupported(at.child('scheme'), httpGet.scheme, SCHEMES))
  for (const { name = '' } of httpGet?.httpHeaders ?? [])
    if (!HEADER.test(name)) errors.push(invalidValue(at.child('httpHeaders'), name, HEADER_FORM))
  const asked = httpGet ?? tcpSocket ?? grpc
  const port = asked && (asked.port ?? 0)
  if (typeof port === 'number') errors.push(...invalidEach(at.child('port'), port, portNumberErrors(port)))
  else if (port !== undefined) errors.push(...invalidEach(at.child('port'), port, portNameErrors(port)))
  const seconds = toNumber(sleep?.seconds ?? 0)
  if (sleep && (seconds <= 0 || seconds > graceSeconds))
    errors.push(
      invalidValue(
        at,
        seconds,
        `must be greater than 0 and less than terminationGracePeriodSeconds (${graceSeconds}). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.`,
      ),
    )
  return errors
}
