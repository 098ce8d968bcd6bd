import { isObject, listAt, typesOf, valuesOf, viewOf, type SchemaView, type TypeName } from './schema-view.ts'

/** Whether no value fits two of the schemas, as far as can be seen at once. An undefined one is one of which nothing is known. */
export function areApart (views: ReadonlyArray<SchemaView | undefined>): boolean {
  return views.every((one, index) => views.slice(index + 1).every((other) => one !== undefined && other !== undefined && isApart(one, other)))
}

function isApart (one: SchemaView, other: SchemaView): boolean {
  const [values, otherValues] = [one, other].map(valuesOf)
  if (values !== undefined && otherValues !== undefined) {
    const texts = new Set(values.map((value) => JSON.stringify(value)))
    return !otherValues.some((value) => texts.has(JSON.stringify(value)))
  }
  const [types, otherTypes] = [one, other].map(kindsOf)
  if (types === undefined || otherTypes === undefined) return false
  const shared = types.filter((type) => otherTypes.includes(type))
  if (shared.length === 0) return true
  return shared.every((type) => type === 'object') && constantsApart(one, other)
}

/** Types where integers are numbers. */
function kindsOf (view: SchemaView): readonly TypeName[] | undefined {
  // without a type, what keywords are about is only what this grammar makes of it
  return view.schema.type === undefined ? undefined : typesOf(view)?.map((type) => type === 'integer' ? 'number' : type)
}

/** A property that both require has different constants. */
function constantsApart (one: SchemaView, other: SchemaView): boolean {
  const names = listAt(one, 'required')?.filter((name) => listAt(other, 'required')?.includes(name)) ?? []
  return names.some((name) => {
    const [values, otherValues] = [one, other].map(({ schema: { properties }, path }) => {
      const property = isObject(properties) && typeof name === 'string' && Object.hasOwn(properties, name) ? properties[name] : undefined
      return isObject(property) ? valuesOf(viewOf(property, `${path}/properties/${String(name)}`)) : undefined
    })
    return values !== undefined && otherValues !== undefined && values.every((value) => typeof value === 'string') && !values.some((value) => otherValues.includes(value))
  })
}
