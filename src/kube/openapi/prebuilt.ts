/** OpenAPI v2 in its protobuf form, of what every cluster serves: generated, as it takes long to make and is the same for all. */
import { gunzipSync } from 'node:zlib'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { openApiV2Gzip } from '../generated/openapi-v2.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** Of a value that is made when it is first asked for. */
function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Compressed by gzip, for who takes it so. */
export const prebuiltGzip = lazily((): Bytes => Uint8Array.from(atob(openApiV2Gzip), (letter) => letter.charCodeAt(0)))

export const prebuilt = lazily((): Bytes => gunzipSync(prebuiltGzip()))

const DEFINITIONS = 9

/** Names of the definitions that it has. */
export const prebuiltDefinitions = lazily((): ReadonlySet<string> => {
  const names = new Set<string>()
  eachPart(prebuilt(), (number, definitions) => {
    if (number !== DEFINITIONS) return
    eachPart(definitions, (_, named) =>
      eachPart(named, (field, name) => {
        if (field === 1) names.add(new TextDecoder().decode(name))
      }),
    )
  })
  return names
})

/** Of a message all of whose fields have a length. */
function eachPart(message: Uint8Array, tell: (number: number, part: Uint8Array) => void): void {
  const reader = new BinaryReader(message)
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag()
    if (wire === WireType.LengthDelimited) tell(number, reader.bytes())
    else reader.skip(wire)
  }
}
