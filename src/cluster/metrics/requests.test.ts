import { describe, expect, it } from 'vitest'
import { createRequestMetrics, type RequestLabels } from './requests.ts'

const GET: RequestLabels = {
  verb: 'GET',
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  subresource: '',
  scope: 'resource',
  dryRun: false,
}
const LABELS =
  'component="apiserver",dry_run="",group="apps",resource="deployments",scope="resource",subresource="",verb="GET",version="v1"'

describe('requests', () => {
  it('are counted by answer, and their time in buckets that hold those below', () => {
    const metrics = createRequestMetrics()
    metrics.count(GET, 200, 0.003)
    metrics.count(GET, 200, 0.3)
    metrics.count(GET, 404, 90)
    const lines = metrics.print().split('\n')
    expect(lines).toContain(`apiserver_request_total{code="200",${LABELS}} 2`)
    expect(lines).toContain(`apiserver_request_total{code="404",${LABELS}} 1`)
    const bucket = (limit: string) => `apiserver_request_duration_seconds_bucket{${LABELS},le="${limit}"}`
    expect(lines).toEqual(
      expect.arrayContaining([
        `${bucket('0.005')} 1`,
        `${bucket('0.1')} 1`,
        `${bucket('0.5')} 2`,
        `${bucket('60')} 2`,
        `${bucket('+Inf')} 3`,
        `apiserver_request_duration_seconds_count{${LABELS}} 3`,
      ]),
    )
  })

  it('of a watch have no time, and labels can not break out of their quotes', () => {
    const metrics = createRequestMetrics()
    metrics.count({ ...GET, verb: 'WATCH', resource: 'a"b\\' }, 200, 100)
    const text = metrics.print()
    expect(text).toContain('resource="a\\"b\\\\"')
    expect(text).not.toContain('duration')
  })

  it('of ever new resources are counted together in the end', () => {
    const metrics = createRequestMetrics()
    for (let index = 0; index < 3000; index++) metrics.count({ ...GET, resource: `r${index}` }, 200, 0)
    const totals = metrics.print().match(/^apiserver_request_total.*$/gm) ?? []
    expect(totals.length).toBe(2001)
    expect(totals.find((line) => line.includes('resource="other"'))).toMatch(/ 1000$/)
  })
})
