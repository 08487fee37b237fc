/** Rules of what only Windows has, and of what a Pod's operating system leaves no room for (k8s.io/kubernetes: validateOS, validateWindows). */
import { type FieldError, type FieldPath, forbiddenField, invalidEach, invalidValue, notSupported } from '../field.ts'
import { byteLength } from '../json.ts'
import { dnsSubdomainErrors } from '../names.ts'
import type { Pod } from '../types.ts'

type PodSpec = Pod['spec']
type Options = NonNullable<NonNullable<PodSpec['securityContext']>['windowsOptions']>
type Container = PodSpec['containers'][number]

const SPEC_KIB = 64
const DOMAIN_CHARACTERS = 256
const USER_CHARACTERS = 104
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const DNS = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

export function windowsErrors(
  { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName }: Options,
  at: FieldPath,
): FieldError[] {
  const errors: FieldError[] = []
  if (specName !== undefined)
    errors.push(...invalidEach(at.child('gmsaCredentialSpecName'), specName, dnsSubdomainErrors(specName)))
  const here = at.child('gmsaCredentialSpec')
  if (spec === '') errors.push(invalidValue(here, spec, 'gmsaCredentialSpec cannot be an empty string'))
  else if (spec !== undefined && byteLength(spec) > SPEC_KIB * 1024)
    errors.push(invalidValue(here, spec, `gmsaCredentialSpec size must be under ${SPEC_KIB} KiB`))
  if (runAsUserName === undefined) return errors
  const problems = userNameProblems(runAsUserName).map((why) => `runAsUserName${why}`)
  return [...errors, ...invalidEach(at.child('runAsUserName'), runAsUserName, problems)]
}

/** `DOMAIN\user`, or a user alone. */
function userNameProblems(name: string): string[] {
  if (name === '') return [' cannot be an empty string']
  if (CONTROL.test(name)) return [' cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return [' cannot contain more than one backslash']
  const user = parts.at(-1) ?? ''
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined
  const problems: string[] = []
  if ((domain ?? '').length >= DOMAIN_CHARACTERS)
    problems.push(`'s Domain length must be under ${DOMAIN_CHARACTERS} characters`)
  if (domain !== undefined && !NET_BIOS.test(domain) && !DNS.test(domain))
    problems.push("'s Domain doesn't match the NetBios nor the DNS format")
  if (user === '') problems.push("'s User cannot be empty")
  else if (user.length > USER_CHARACTERS)
    problems.push(`'s User length must not be longer than ${USER_CHARACTERS} characters`)
  if (/^[. ]+$/.test(user)) problems.push("'s User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user))
    problems.push('\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  return problems
}

const OS_NAMES = ['linux', 'windows']
const OF_LINUX = 'cannot be set for a windows pod'
const POD_FIELDS = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'] as const
const POD_CONTEXT = [
  ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'runAsUser'],
  ...['runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'],
]
const CONTAINER_CONTEXT = [
  ...['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged'],
  ...['allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'],
]
/** What is not set to anything is not set: an empty list, and a plain false. */
const PLAIN = new Set<string>(['hostPID', 'hostIPC'])

/** `at` is the spec. */
export function osErrors(spec: PodSpec, at: FieldPath): FieldError[] {
  const name = spec.os?.name
  // The schema says what is missing.
  if (!name) return []
  if (!OS_NAMES.includes(name)) return [notSupported(at.child('os'), name, OS_NAMES)]
  const contexts = contextsOf(spec, at)
  if (name === 'linux')
    return contexts
      .filter(({ context }) => context['windowsOptions'] !== undefined)
      .map(({ here }) => forbiddenField(here.child('windowsOptions'), 'windows options cannot be set for a linux pod'))
  return [
    ...POD_FIELDS.filter((field) => (PLAIN.has(field) ? spec[field] === true : spec[field] !== undefined)).map(
      (field) => forbiddenField(at.child(field), OF_LINUX),
    ),
    ...contexts.flatMap(({ context, here, fields }) =>
      fields.filter((field) => isSet(context[field])).map((field) => forbiddenField(here.child(field), OF_LINUX)),
    ),
  ]
}

const isSet = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0)

interface Context {
  readonly context: Readonly<Record<string, unknown>>
  readonly here: FieldPath
  readonly fields: readonly string[]
}

/** The security contexts there are, with what of each is Linux' own. */
function contextsOf(spec: PodSpec, at: FieldPath): Context[] {
  const of = (context: object | undefined, here: FieldPath, fields: readonly string[]): Context[] =>
    context ? [{ context: context as Record<string, unknown>, here, fields }] : []
  return [
    ...of(spec.securityContext, at.child('securityContext'), POD_CONTEXT),
    ...containersOf(spec, at).flatMap(({ container, here }) =>
      of(container.securityContext, here.child('securityContext'), CONTAINER_CONTEXT),
    ),
  ]
}

const containersOf = (spec: PodSpec, at: FieldPath): { readonly container: Container; readonly here: FieldPath }[] =>
  (['initContainers', 'containers'] as const).flatMap((part) =>
    (spec[part] ?? []).map((container, index) => ({ container, here: at.child(part).index(index) })),
  )

/** Containers that are processes of the host: all or none, and on its network. */
export function hostProcessErrors(spec: PodSpec, at: FieldPath): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const containers = containersOf(spec, at)
  const errors: FieldError[] = []
  let count = 0
  for (const { container, here } of containers) {
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own)
      errors.push(
        invalidValue(
          here.child('securityContext').child('windowsOptions').child('hostProcess'),
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      )
    if (own ?? ofPod) count += 1
  }
  if (count === 0) return errors
  if (count !== containers.length)
    errors.push(
      invalidValue(
        at,
        '',
        'If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ),
    )
  if (!spec.hostNetwork)
    errors.push(
      invalidValue(
        at.child('hostNetwork'),
        false,
        'hostNetwork must be true if pod contains any hostProcess containers',
      ),
    )
  return errors
}
