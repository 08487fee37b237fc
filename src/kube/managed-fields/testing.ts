/** Builders of objects and managed fields for tests. */
import { JsonText } from '../json.ts'
import type { KubeObject } from '../object.ts'
import { ignoring } from './authored.ts'
import { shapeOfDefinition } from './definitions.ts'
import type { Entry } from './entries.ts'
import type { Tracking } from './track.ts'

export const NOW = '2026-01-02T00:00:00Z'
export const THEN = '2026-01-01T00:00:00Z'

export const deploymentShape = shapeOfDefinition('io.k8s.api.apps.v1.Deployment')

export const deployment = (
  spec: object,
  metadata: object = {},
  managedFields: JsonText | undefined = undefined,
): KubeObject =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', ...(managedFields ? { managedFields } : {}), ...metadata },
    spec,
    status: { replicas: 1 },
  }) as unknown as KubeObject

export const template = (...containers: object[]) => ({ template: { spec: { containers } } })

export const by = (manager: string, rest: Partial<Tracking['author']> = {}): Tracking => ({
  shape: deploymentShape,
  author: { manager, operation: 'Update', apiVersion: 'apps/v1', ...rest },
  time: NOW,
  ignored: ignoring(['status']),
})

export const entry = (manager: string, fieldsV1: object, rest: Partial<Entry> = {}): Entry => ({
  manager,
  operation: 'Update',
  apiVersion: 'apps/v1',
  time: THEN,
  fieldsType: 'FieldsV1',
  fieldsV1: fieldsV1 as Entry['fieldsV1'],
  ...rest,
})

export const textOfEntries = (...entries: Entry[]): JsonText => new JsonText(JSON.stringify(entries))

export const read = (held: JsonText | undefined): Entry[] => (held ? JSON.parse(held.text) : [])
