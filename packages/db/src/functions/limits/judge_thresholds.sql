-- Which thresholds of a maximum tell of a change of use: each once when it is reached, and again only after use fell more than 5 % of the
-- maximum below it. As crossingsOf has it in the domain.
--   p_thresholds  percent, sorted
--   p_fired       the highest that has told; sorted, so it says all
--   p_low         the least that was used since it was judged last
CREATE OR REPLACE FUNCTION judge_thresholds(p_thresholds smallint[], p_cap numeric, p_fired smallint, p_low numeric, p_high numeric, OUT fired smallint, OUT told smallint[])
LANGUAGE plpgsql IMMUTABLE SET search_path = public, pg_temp AS $$
DECLARE mark smallint;
BEGIN
  fired := 0;
  told := '{}';
  FOREACH mark IN ARRAY p_thresholds LOOP
    IF mark <= p_fired AND 100 * p_low >= (mark - 5) * p_cap THEN fired := mark; END IF;
  END LOOP;
  FOREACH mark IN ARRAY p_thresholds LOOP
    IF mark > fired AND 100 * p_high >= mark * p_cap THEN told := told || mark; END IF;
  END LOOP;
  fired := coalesce(told[cardinality(told)], fired);
END $$;
REVOKE ALL ON FUNCTION judge_thresholds FROM PUBLIC;
