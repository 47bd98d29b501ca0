-- Asks for the mails that tell of invoices and credit notes: a job for each, with a mail for every owner and admin of its payer, as a part of what
-- issues them. Whoever has none is told by nobody.
CREATE OR REPLACE FUNCTION mail_issued(p_payers uuid[], p_invoices uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
  asked_for bigint;
  system jsonb := '{"actor": {"kind": "system", "id": null, "name": "Tenantree", "via": null}, "user": null, "key": null, "requestId": null}';
BEGIN
  WITH asked AS MATERIALIZED (
    SELECT i.payer, i.invoice, uuidv7() AS job, m.people FROM unnest(p_payers, p_invoices) i(payer, invoice)
    CROSS JOIN LATERAL (SELECT d.root_id FROM account_roots d WHERE d.id = i.payer LIMIT 1) d
    CROSS JOIN LATERAL (SELECT array_agg(x.user_id ORDER BY x.user_id) AS people FROM members x
      WHERE x.root_id = d.root_id AND x.account_id = i.payer AND x.role IN ('owner', 'admin')) m
    WHERE m.people IS NOT NULL
  ), orders AS (
    INSERT INTO jobs (account_id, id, kind, asked_by, total, created_at)
    SELECT payer, job, 'invoices.mail', system, cardinality(people), clock_timestamp() FROM asked
  ), mails AS (
    INSERT INTO job_items (account_id, job_id, n, payload)
    SELECT a.payer, a.job, u.n, jsonb_build_object('invoice', a.invoice, 'user', u.id)
    FROM asked a CROSS JOIN LATERAL unnest(a.people) WITH ORDINALITY u(id, n)
  )
  SELECT count(wake_at(payer, job, clock_timestamp())::text) INTO asked_for FROM asked;
END $$;
REVOKE ALL ON FUNCTION mail_issued FROM PUBLIC;
