import { noSuchResource } from '../kube/errors.ts'

export async function graphql(_request: Request, _env: unknown, _tenancy: unknown): Promise<Response> {
  throw noSuchResource()
}
