/**
 * An object's text, in the store and in answers. Managed fields are as long as all the rest of many objects, and next to
 * nobody looks into them: they are held as text, which is cut out before the rest is parsed. For that they stand first in
 * the metadata, and the name behind them.
 */
import { JsonText, parseJson, stringify } from './json.ts'
import type { KubeObject } from './object.ts'

const BEGINNING = /^\{"apiVersion":"[^"]*","kind":"[^"]*","metadata":\{"managedFields":\[/
/** No entry has a list, or a field of this name; in texts quotes are escaped. So the first is the end. */
const END = '],"name":'

export function textOf(object: KubeObject): string {
  const { apiVersion, kind, metadata, ...rest } = object
  const { managedFields, name, ...meta } = metadata
  return stringify({ apiVersion, kind, metadata: { managedFields, name, ...meta }, ...rest })
}

/** Parses what textOf() wrote. */
export function objectOf(text: string): KubeObject {
  const beginning = BEGINNING.exec(text)?.[0]
  if (beginning === undefined) return parseJson(text) as KubeObject
  const start = beginning.length - 1
  const end = text.indexOf(END, start) + 1
  const object = parseJson(text.slice(0, start - '"managedFields":'.length) + text.slice(end + 1)) as KubeObject
  object.metadata = { managedFields: new JsonText(copied(text.slice(start, end))), ...object.metadata }
  return object
}

/** A slice would keep the whole text in memory for as long as the object lives; what is joined is a text of its own. */
const copied = (text: string): string => [text.slice(0, 1), text.slice(1)].join('')
