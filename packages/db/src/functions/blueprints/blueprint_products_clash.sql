-- Whether two versions of a blueprint hold other versions of the same product, or fill other places of it: then nobody can be as both say.
CREATE OR REPLACE FUNCTION blueprint_products_clash(p_one jsonb, p_other jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT EXISTS (
    SELECT FROM jsonb_array_elements(p_one) o JOIN jsonb_array_elements(p_other) n ON n -> 'product' = o -> 'product'
    WHERE n -> 'version' <> o -> 'version' OR n -> 'places' <> o -> 'places')
$$;
REVOKE ALL ON FUNCTION blueprint_products_clash FROM PUBLIC;
