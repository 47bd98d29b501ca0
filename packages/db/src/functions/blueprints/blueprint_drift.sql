-- How accounts of the acting subtree stand to what set them up (rules/blueprints 9): from the hashes of versions and what was kept when something of
-- them was written. Only where the newest version says something else is an account looked at itself, and not where that can't be what it has. The
-- whole of an account is what the most of its sections asks for.
--   p_blueprint  one that is offered in the acting account; NULL: whichever set these accounts up, be it of an account above or below the acting one
--   p_accounts   only these; NULL: all that it set up
CREATE OR REPLACE FUNCTION blueprint_drift(p_blueprint uuid, p_accounts uuid[]) RETURNS TABLE (
  account_id uuid, path_key bytea, name text, version int, state text, caps text, limits text, price_book text, products text, drift text,
  owner_id uuid, blueprint_id uuid, blueprint_name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
  WITH asked AS MATERIALIZED (
    SELECT w.id AS account_id, p_blueprint AS id FROM unnest(path_of(acting_root(), acting_key())) w(id) WHERE p_blueprint IS NOT NULL
    UNION
    SELECT b.blueprint_account, b.blueprint_id FROM blueprint_applications b
    WHERE p_blueprint IS NULL AND b.root_id = acting_root() AND b.account_id = ANY (p_accounts)
  ), newest AS MATERIALIZED (
    SELECT q.account_id, q.id, o.name, v.hashes, v.judged FROM asked q
    CROSS JOIN LATERAL (SELECT x.name FROM blueprints x WHERE x.root_id = acting_root() AND x.account_id = q.account_id AND x.id = q.id LIMIT 1) o
    CROSS JOIN LATERAL (
      SELECT x.hashes, x.judged FROM blueprint_versions x
      WHERE x.root_id = acting_root() AND x.account_id = q.account_id AND x.id = q.id ORDER BY x.version DESC LIMIT 1) v
  ), known AS MATERIALIZED (
    SELECT v.version, n.account_id, n.id, n.name, n.judged,
      v.hashes ? 'caps' OR n.hashes ? 'caps' AS has_caps, v.hashes ? 'limits' OR n.hashes ? 'limits' AS has_limits,
      v.hashes ? 'priceBook' OR n.hashes ? 'priceBook' AS has_book, v.hashes ? 'products' OR n.hashes ? 'products' AS has_products,
      v.hashes ->> 'caps' IS NOT DISTINCT FROM n.hashes ->> 'caps' AS caps, v.hashes ->> 'limits' IS NOT DISTINCT FROM n.hashes ->> 'limits' AS limits,
      v.hashes ->> 'priceBook' IS NOT DISTINCT FROM n.hashes ->> 'priceBook' AS book, v.hashes ->> 'products' IS NOT DISTINCT FROM n.hashes ->> 'products' AS products,
      blueprint_clash(v.judged -> 'caps', n.judged -> 'caps') AS caps_clash, blueprint_clash(v.judged -> 'limits', n.judged -> 'limits') AS limits_clash,
      blueprint_products_clash(v.judged -> 'products', n.judged -> 'products') AS products_clash
    FROM newest n JOIN blueprint_versions v ON v.root_id = acting_root() AND v.account_id = n.account_id AND v.id = n.id
    WHERE p_accounts IS NULL OR (v.id, v.version) IN (
      SELECT b.blueprint_id, b.version FROM blueprint_applications b WHERE b.root_id = acting_root() AND b.account_id = ANY (p_accounts))
  ), rows AS (
    SELECT a.id, a.path_key, a.name, b.version, b.state, k.account_id AS owner_id, k.id AS blueprint_id, k.name AS blueprint_name,
      CASE WHEN k.has_caps THEN blueprint_row_drift(coalesce(b.caps_same, true), k.caps, CASE WHEN k.caps OR (k.caps_clash AND b.caps_same) THEN false
        ELSE NOT k.judged ? 'caps' OR (SELECT c.levels @> (k.judged -> 'caps') FROM account_caps c WHERE c.account_id = b.account_id) END) END AS caps,
      CASE WHEN k.has_limits THEN blueprint_row_drift(coalesce(b.limits_same, true), k.limits, CASE WHEN k.limits OR (k.limits_clash AND b.limits_same) THEN false
        ELSE NOT k.judged ? 'limits' OR blueprint_limits_are(b.root_id, b.account_id, k.judged -> 'limits') END) END AS limits,
      CASE WHEN k.has_book AND a.parent_id = k.account_id THEN blueprint_row_drift(coalesce(b.book_same, true), k.book, CASE WHEN k.book THEN false
        ELSE NOT k.judged ? 'priceBook' OR blueprint_book_is(k.account_id, b.account_id, k.judged -> 'priceBook') END) END AS price_book,
      CASE WHEN k.has_products THEN blueprint_row_drift(coalesce(b.products_same, true), k.products, CASE WHEN k.products OR (k.products_clash AND b.products_same) THEN false
        ELSE NOT k.judged ? 'products' OR blueprint_products_match(b.root_id, b.account_id, k.judged -> 'products') END) END AS products
    -- Of one blueprint all are known by their version: joined by that alone, it takes two thirds of the time.
    FROM blueprint_applications b JOIN known k ON k.version = b.version AND (p_blueprint IS NOT NULL OR k.id = b.blueprint_id)
    JOIN accounts a ON a.root_id = acting_root() AND a.id = b.account_id AND (a.path_key >= acting_key() AND a.path_key < acting_end()) IS TRUE
    WHERE b.root_id = acting_root() AND (p_blueprint IS NULL OR b.blueprint_id = p_blueprint) AND (p_accounts IS NULL OR b.account_id = ANY (p_accounts))
  )
  SELECT r.id, r.path_key, r.name, r.version, r.state, r.caps, r.limits, r.price_book, r.products,
    CASE WHEN 'both' IN (r.caps, r.limits, r.price_book, r.products)
        OR ('changed_here' IN (r.caps, r.limits, r.price_book, r.products) AND 'newer_available' IN (r.caps, r.limits, r.price_book, r.products)) THEN 'both'
      WHEN 'changed_here' IN (r.caps, r.limits, r.price_book, r.products) THEN 'changed_here'
      WHEN 'newer_available' IN (r.caps, r.limits, r.price_book, r.products) THEN 'newer_available'
      WHEN 'same_by_hand' IN (r.caps, r.limits, r.price_book, r.products) THEN 'same_by_hand' ELSE 'as_set_up' END,
    r.owner_id, r.blueprint_id, r.blueprint_name
  FROM rows r
$$;
REVOKE ALL ON FUNCTION blueprint_drift FROM PUBLIC;
GRANT EXECUTE ON FUNCTION blueprint_drift TO tenantree_app;
