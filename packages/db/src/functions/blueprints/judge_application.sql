-- Compares an account of the acting subtree with what a blueprint set up in it just now: all sections.
CREATE OR REPLACE FUNCTION judge_application(p_account uuid, p_blueprint uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  UPDATE blueprint_applications b SET caps_same = NULL, limits_same = NULL, book_same = NULL, products_same = NULL
    WHERE b.root_id = a.root_id AND b.account_id = p_account AND b.blueprint_id = p_blueprint;
  PERFORM judge_blueprints(a.root_id, p_account, s.section) FROM unnest(ARRAY['caps', 'limits', 'priceBook', 'products']) s(section);
END $$;
REVOKE ALL ON FUNCTION judge_application FROM PUBLIC;
GRANT EXECUTE ON FUNCTION judge_application TO tenantree_app;
