-- Compares an account with what blueprints set up in it, section by section, and keeps what comes of that with the applications: it is asked whenever
-- something of a section is written (rules/blueprints 9). Sections that a blueprint did not set up are of nobody.
CREATE OR REPLACE FUNCTION judge_blueprints(p_root uuid, p_account uuid, p_section text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
  UPDATE blueprint_applications b SET
    caps_same = CASE WHEN p_section = 'caps' THEN coalesce((SELECT c.levels @> (v.judged -> 'caps') FROM account_caps c WHERE c.account_id = p_account), false) ELSE b.caps_same END,
    limits_same = CASE WHEN p_section = 'limits' THEN blueprint_limits_are(p_root, p_account, v.judged -> 'limits') ELSE b.limits_same END,
    book_same = CASE WHEN p_section = 'priceBook' THEN blueprint_book_is(b.blueprint_account, p_account, v.judged -> 'priceBook') ELSE b.book_same END,
    products_same = CASE WHEN p_section = 'products' THEN blueprint_products_are(p_root, p_account, b.products, v.judged -> 'products') ELSE b.products_same END
  FROM blueprint_versions v
  WHERE b.root_id = p_root AND b.account_id = p_account AND p_section = ANY (b.sections)
    AND v.root_id = p_root AND v.account_id = b.blueprint_account AND v.id = b.blueprint_id AND v.version = b.version
$$;
REVOKE ALL ON FUNCTION judge_blueprints FROM PUBLIC;
