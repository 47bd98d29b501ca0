-- How an invoice is numbered, for people: its series, the year, and the number in that.
CREATE OR REPLACE FUNCTION invoice_number(p_series text, p_year int, p_number int) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS $$ SELECT p_series || '-' || p_year || '-' || lpad(p_number::text, greatest(6, length(p_number::text)), '0') $$;
