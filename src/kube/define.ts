/** Completes a kind's description: what most kinds share need not be said by each. */
import type { KubeObject } from './object.ts'
import { ALL_VERBS, type Column, type Resource } from './resource.ts'

type Required = 'group' | 'version' | 'kind' | 'plural' | 'scope' | 'schema' | 'columns'

export const resource = <T extends KubeObject>(
  given: Pick<Resource<T>, Required> & Partial<Resource<T>>,
): Resource<T> => ({
  singular: given.kind.toLowerCase(),
  listKind: `${given.kind}List`,
  shortNames: [],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  shape: undefined,
  nameRule: 'dns-subdomain',
  allowsPlainFinalizers: false,
  custom: undefined,
  isStorageVersion: true,
  storedAs: undefined,
  conversion: undefined,
  deprecationWarning: undefined,
  hasStatus: false,
  generation: undefined,
  defaults: () => undefined,
  dropForCreate: () => undefined,
  prepareForCreate: () => undefined,
  prepareForUpdate: () => undefined,
  prepareForStatusUpdate: () => undefined,
  keptByStatus: [],
  prepareForStatus: () => undefined,
  prepareForDelete: () => undefined,
  validate: () => [],
  validateUpdate: () => [],
  validateStatus: () => [],
  validateEphemeralContainers: () => [],
  warnings: () => [],
  scale: undefined,
  fields: {},
  hiddenFields: [],
  unknownField: (field) => `field label not supported: ${field}`,
  indexedFields: [],
  subjectField: undefined,
  indexed: true,
  expires: false,
  gracePeriod: undefined,
  defaultDeletion: 'Background',
  defaultDeletionWarning: undefined,
  unconditionalUpdate: true,
  createOnUpdate: false,
  deleteReturnsObject: false,
  ...given,
})

export const column = <T>(
  name: string,
  type: Column<T>['type'],
  cell: Column<T>['cell'],
  { wide = false, format = '', description = '' } = {},
): Column<T> => ({
  name,
  type,
  format,
  description,
  priority: wide ? 1 : 0,
  cell,
})

/** The subresource every kind with a status has. */
export const STATUS = { name: 'status', verbs: ['get', 'patch', 'update'] } as const
export const SCALE = {
  name: 'scale',
  verbs: ['get', 'patch', 'update'],
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
} as const
