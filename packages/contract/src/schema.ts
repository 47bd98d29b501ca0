import { accept, type Decision } from '@tenantree/domain';
import { z } from 'zod';
import { schemaRefusal } from './schema-refusal.ts';

/**
 * What a value has to look like. It is made with zod, and typed without it: no declaration of zod reaches whoever only wants to know what a
 * procedure takes and gives.
 */
export type Schema<Value, Sent = unknown> = {
  /** Reads a value of unknown origin; the refusal says what is wrong, and in which field. */
  readonly read: (value: unknown) => Decision<Value>;
  /** The same as JSON Schema (draft 2020-12): of what is sent, or of what is read from it. */
  readonly jsonSchema: (side: 'input' | 'output') => JsonSchema;
  /** Types only; no value has it. */
  readonly types?: { readonly value: Value; readonly sent: Sent };
};

/** A document of JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A schema of zod's as one of ours. */
export const schemaOf = <S extends z.core.$ZodType>(schema: S): Schema<z.output<S>, z.input<S>> => ({
  read: (value) => {
    const read = z.safeParse(schema, value);
    return read.success ? accept(read.data) : { ok: false, refusal: schemaRefusal(read.error) };
  },
  jsonSchema: (io) => z.toJSONSchema(schema, { io }),
});
