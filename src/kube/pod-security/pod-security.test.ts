import { describe, expect, it } from 'vitest'
import { FieldPath } from '../field.ts'
import type { PodSpec } from './containers.ts'
import { violation } from './evaluate.ts'
import { isStricter, type Level, policyErrors, policyOf } from './policy.ts'

const container = (name: string, rest: object = {}) => ({ name, image: 'main:1', ...rest })
const spec = (rest: object): PodSpec => ({ containers: [container('a')], ...rest }) as PodSpec
const context = (securityContext: object, ...others: object[]) =>
  spec({
    containers: [
      container('a', { securityContext }),
      ...others.map((each, index) => container(`b${index}`, { securityContext: each })),
    ],
  })

/** A Pod that the restricted standard allows, but for what is given. */
const restricted = (own: object = {}, pod: object = {}, rest: object = {}): PodSpec =>
  spec({
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' }, ...pod },
    containers: [
      container('a', { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, ...own } }),
    ],
    ...rest,
  })

const judge = (level: Level, given: PodSpec, version = 'latest', annotations = {}) =>
  violation({ level, version }, { spec: given, annotations })

describe('the baseline standard', () => {
  it('allows a usual Pod', () => {
    expect(judge('baseline', spec({}))).toBeUndefined()
  })

  it.each<{ given: PodSpec; says: string }>([
    { given: spec({ hostNetwork: true, hostPID: true }), says: 'host namespaces (hostNetwork=true, hostPID=true)' },
    {
      given: context({ privileged: true }),
      says: 'privileged (container "a" must not set securityContext.privileged=true)',
    },
    {
      given: context({ privileged: true }, { privileged: true }),
      says: 'privileged (containers "a", "b0" must not set securityContext.privileged=true)',
    },
    {
      given: context({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_ADMIN'] } }),
      says: 'non-default capabilities (container "a" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)',
    },
    { given: spec({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), says: 'hostPath volumes (volume "v")' },
    {
      given: spec({
        containers: [
          container('a', {
            ports: [
              { containerPort: 1, hostPort: 80 },
              { containerPort: 2, hostPort: 81 },
            ],
          }),
        ],
      }),
      says: 'hostPort (container "a" uses hostPorts 80, 81)',
    },
    {
      given: context({ procMount: 'Unmasked' }),
      says: 'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    },
    {
      given: spec({ securityContext: { seLinuxOptions: { type: 'spc_t', user: 'u' } } }),
      says: 'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    },
    {
      given: context({ seccompProfile: { type: 'Unconfined' } }),
      says: 'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    },
    {
      given: spec({ securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
      says: 'forbidden sysctls (kernel.msgmax)',
    },
    {
      given: spec({ securityContext: { windowsOptions: { hostProcess: true } } }),
      says: 'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    },
    {
      given: spec({ securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
      says: 'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    },
    {
      given: spec({ initContainers: [container('i', { securityContext: { privileged: true } })] }),
      says: 'privileged (container "i" must not set securityContext.privileged=true)',
    },
    {
      given: spec({ hostIPC: true, containers: [container('a', { securityContext: { privileged: true } })] }),
      says: 'host namespaces (hostIPC=true), privileged (container "a" must not set securityContext.privileged=true)',
    },
  ])('says: $says', ({ given, says }) => {
    expect(judge('baseline', given)).toBe(says)
    expect(judge('privileged', given)).toBeUndefined()
  })

  it('knows of sysctls by the version', () => {
    const given = spec({ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_keepalive_time', value: '1' }] } })
    expect(judge('baseline', given, 'v1.29')).toBeUndefined()
    expect(judge('baseline', given, 'v1.28')).toBe('forbidden sysctls (net.ipv4.tcp_keepalive_time)')
  })

  it('reads AppArmor annotations', () => {
    const key = 'container.apparmor.security.beta.kubernetes.io/a'
    expect(judge('baseline', spec({}), 'latest', { [key]: 'unconfined' })).toBe(
      `forbidden AppArmor profile (${key}="unconfined")`,
    )
    expect(judge('baseline', spec({}), 'latest', { [key]: 'runtime/default' })).toBeUndefined()
  })
})

describe('the restricted standard', () => {
  it('allows what says all that it wants', () => {
    expect(judge('restricted', restricted())).toBeUndefined()
    expect(
      judge('restricted', restricted({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } })),
    ).toBeUndefined()
  })

  it('says all that a usual Pod lacks', () => {
    expect(judge('restricted', spec({}))).toBe(
      'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    )
  })

  it.each<{ given: PodSpec; says: string }>([
    {
      given: restricted({ runAsNonRoot: false }),
      says: 'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
    },
    {
      given: restricted({ runAsUser: 0 }, { runAsUser: 0 }),
      says: 'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
    },
    {
      given: restricted(
        {},
        {},
        {
          volumes: [
            { name: 'v', hostPath: { path: '/' } },
            { name: 'n', nfs: { server: 's', path: '/' } },
          ],
        },
      ),
      says: 'restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")',
    },
    {
      given: restricted({ seccompProfile: { type: 'Unconfined' } }),
      says: 'seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    },
    {
      given: restricted({ capabilities: { add: ['CHOWN'] } }),
      says: 'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    },
  ])('says: $says', ({ given, says }) => {
    expect(judge('restricted', given)).toBe(says)
  })

  it('leaves out Windows where it has no meaning, since v1.25', () => {
    const given = restricted(
      { allowPrivilegeEscalation: undefined, capabilities: undefined },
      { seccompProfile: undefined },
      { os: { name: 'windows' } },
    )
    expect(judge('restricted', given)).toBeUndefined()
    expect(judge('restricted', given, 'v1.24')).toMatch(/^allowPrivilegeEscalation/)
  })
})

describe('labels', () => {
  const prefix = 'pod-security.kubernetes.io/'
  it('say what is wanted, and what is unreadable is the strictest', () => {
    expect(policyOf(undefined, 'enforce')).toEqual({ level: 'privileged', version: 'latest' })
    expect(policyOf({ [`${prefix}warn`]: 'baseline', [`${prefix}warn-version`]: 'v1.30' }, 'warn')).toEqual({
      level: 'baseline',
      version: 'v1.30',
    })
    expect(policyOf({ [`${prefix}enforce`]: 'strict' }, 'enforce').level).toBe('restricted')
  })

  it('are refused with their key', () => {
    const labels = { [`${prefix}enforce`]: 'strict', [`${prefix}audit-version`]: '1.2', [`${prefix}warn`]: 'baseline' }
    expect(policyErrors(labels, new FieldPath('metadata.labels'))).toEqual([
      {
        reason: 'FieldValueInvalid',
        field: `metadata.labels[${prefix}enforce]`,
        message: 'Invalid value: "strict": must be one of privileged, baseline, restricted',
      },
      {
        reason: 'FieldValueInvalid',
        field: `metadata.labels[${prefix}audit-version]`,
        message: 'Invalid value: "1.2": must be "latest" or "v1.x"',
      },
    ])
  })

  it('are stricter or not', () => {
    const policy = (level: Level, version = 'latest') => ({ level, version })
    expect(isStricter(policy('restricted'), policy('baseline'))).toBe(true)
    expect(isStricter(policy('baseline'), policy('restricted'))).toBe(false)
    expect(isStricter(policy('baseline'), policy('baseline', 'v1.20'))).toBe(true)
    expect(isStricter(policy('privileged'), policy('privileged', 'v1.20'))).toBe(false)
  })
})
