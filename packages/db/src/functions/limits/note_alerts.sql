-- Keeps rows for the journal until the change ends: its head is the last that a change locks.
CREATE OR REPLACE FUNCTION note_alerts(p_rows jsonb) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('tenantree.alerts', (coalesce(nullif(current_setting('tenantree.alerts', true), ''), '[]')::jsonb || coalesce(p_rows, '[]'))::text, true);
END $$;
REVOKE ALL ON FUNCTION note_alerts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION note_alerts TO tenantree_app;
