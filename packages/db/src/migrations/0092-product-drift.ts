import { type Kysely, sql } from 'kysely';

/** Of products accounts are compared with the version of each that a blueprint holds, beside with what was written from it (rules/blueprints 9). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    UPDATE blueprint_versions v SET judged = jsonb_set(v.judged, '{products}', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('product', p -> 'product', 'version', p -> 'version', 'parts', p -> 'parts', 'places', (
        SELECT coalesce(jsonb_agg(DISTINCT a ->> 'place'), '[]') FROM jsonb_array_elements(v.content -> 'variables') x
        CROSS JOIN jsonb_array_elements(x -> 'at') a WHERE a ->> 'product' = p ->> 'product' AND NOT (x ->> 'secret')::boolean))), '[]')
      FROM jsonb_array_elements(v.content -> 'products') p))
    WHERE jsonb_typeof(v.content -> 'products') = 'array';
    UPDATE blueprint_applications b SET products_same = false FROM blueprint_versions v
    WHERE b.products_same AND v.root_id = b.root_id AND v.account_id = b.blueprint_account AND v.id = b.blueprint_id AND v.version = b.version
      AND EXISTS (
        SELECT FROM jsonb_array_elements(v.judged -> 'products') s
        JOIN product_links l ON l.root_id = b.root_id AND l.account_id = b.account_id AND l.source_id = (s ->> 'product')::uuid
        WHERE b.products ? (s ->> 'product') AND l.source_version <> (s ->> 'version')::int);
  `.execute(db);
}
