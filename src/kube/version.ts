/** The Kubernetes version served. Its `+` part keeps Helm from taking it for a pre-release (API fact 14). */

export const KUBERNETES_MAJOR = '1'
export const KUBERNETES_MINOR = '32'
export const GIT_VERSION = 'v1.32.0+skycrane.0'

/** What `/version` answers (version.Info of apimachinery). */
export const versionInfo = {
  major: KUBERNETES_MAJOR,
  minor: KUBERNETES_MINOR,
  gitVersion: GIT_VERSION,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '2026-11-23T00:00:00Z',
  goVersion: 'none',
  compiler: 'esbuild',
  platform: 'cloudflare/workers',
}
