import { type Static, type TSchema, Type } from 'typebox';

/** The same type, or null. The serializer picks by type, so no field of an object is lost as with `anyOf`. */
export function nullable<T extends TSchema & { type?: string }>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] });
}
