-- The rows that were kept for the end of the change.
CREATE OR REPLACE FUNCTION take_alerts() RETURNS jsonb LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE kept text := nullif(current_setting('tenantree.alerts', true), '');
BEGIN
  IF kept IS NULL THEN RETURN '[]'; END IF;
  PERFORM set_config('tenantree.alerts', '', true);
  RETURN kept::jsonb;
END $$;
REVOKE ALL ON FUNCTION take_alerts FROM PUBLIC;
