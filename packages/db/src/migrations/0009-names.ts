import { type Kysely, sql } from 'kysely';

/**
 * What accounts are called, and making main accounts.
 *
 * How names are sorted and found, in any database: its own locale decides nothing about them.
 *
 * Names sort as people everywhere expect at first sight (ICU's root collation), numbers in them by their value: "Item 2" before "Item 10",
 * "Äpfel" beside "apple". Search looks at `search_key`, which has no diacritics.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE COLLATION by_name (provider = icu, locale = 'und-u-kn-true');

    -- What a sibling key is to somebody who types without diacritics. Unfolded marks are those that change a letter, not vowels of Indic
    -- scripts; letters with a stroke have no decomposition and are named. "C", so that no locale has a say: i is i also in Turkish.
    CREATE FUNCTION without_diacritics(p_key text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN replace(replace(replace(translate(
      regexp_replace(lower(normalize(p_key, NFKD) COLLATE "C"),
        '[\\u0300-\\u036F\\u0483-\\u0487\\u0591-\\u05BD\\u05BF\\u05C1\\u05C2\\u05C4\\u05C5\\u05C7\\u0610-\\u061A\\u064B-\\u065F\\u0670\\u0E48-\\u0E4C\\u1AB0-\\u1AFF\\u1DC0-\\u1DFF\\u20D0-\\u20FF\\u3099\\u309A\\uFE20-\\uFE2F]',
        '', 'g'),
      'øłđðħŧıς’‘ʼ', 'olddhtiσ'''''''), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');

    ALTER TABLE accounts ALTER COLUMN name_key TYPE text COLLATE by_name;
    ALTER TABLE accounts ADD COLUMN search_key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (without_diacritics(name_key)) STORED;

    -- The main account that a person made with an external id of theirs, and still reaches. Until the transaction ends, the same person's
    -- wishes with the same external id wait: they are repeats, and the one that comes first makes the account.
    CREATE FUNCTION main_account_made_by(p_user uuid, p_external_id text) RETURNS TABLE (id uuid, name text, status text, metadata jsonb)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'main account', p_user, p_external_id), 0));
      RETURN QUERY SELECT a.id, a.name, a.status, a.metadata FROM accounts a
        WHERE a.external_id = p_external_id AND a.parent_id IS NULL AND a.created_by = p_user
          AND EXISTS (SELECT 1 FROM members m WHERE m.account_id = a.id AND m.user_id = p_user)
        ORDER BY a.id LIMIT 1;
    END $$;
    CREATE FUNCTION owns_main_account(p_user uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT EXISTS (SELECT 1 FROM members m JOIN accounts a ON a.id = m.account_id
        WHERE m.user_id = p_user AND m.role = 'owner' AND a.parent_id IS NULL AND a.status <> 'closed')
    $$;
    REVOKE ALL ON FUNCTION main_account_made_by, owns_main_account FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION main_account_made_by, owns_main_account TO tenantree_app;
  `.execute(db);
}
