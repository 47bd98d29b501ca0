-- Keeps what a deployment offers: terms that differ from the newest version of a plan are another version, and what isn't named is withdrawn.
--   p_plans  [{id, name, terms}]
CREATE OR REPLACE FUNCTION store_plans(p_plans jsonb, p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  -- Servers start at one time.
  PERFORM pg_advisory_xact_lock(hashtextextended('plans', 0));
  INSERT INTO plans (id, version, name, terms, offered, stored_at)
    SELECT g.id, coalesce(k.version, 0) + 1, g.name, g.terms, true, p_now
    FROM jsonb_to_recordset(p_plans) g(id text, name text, terms jsonb)
    LEFT JOIN LATERAL (SELECT p.version, p.name, p.terms FROM plans p WHERE p.id = g.id ORDER BY p.version DESC LIMIT 1) k ON true
    WHERE k.terms IS DISTINCT FROM g.terms OR k.name <> g.name;
  UPDATE plans p SET offered = o.offered FROM (
    SELECT x.id, x.version, x.id IN (SELECT g.id FROM jsonb_to_recordset(p_plans) g(id text)) AND x.version = max(x.version) OVER (PARTITION BY x.id) AS offered FROM plans x
  ) o WHERE p.id = o.id AND p.version = o.version AND p.offered <> o.offered;
END $$;
REVOKE ALL ON FUNCTION store_plans FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_plans TO tenantree_serve;
