-- The first person, in the transaction that takes the claim and makes the main account: a crash leaves all of it or nothing, and
-- nobody needs a second connection. Of a first run that was cut short the person may be there already: the password is new then.
CREATE OR REPLACE FUNCTION make_first_person(p_id uuid, p_email text, p_shown_email text, p_name text, p_credential uuid, p_password text, p_now timestamptz) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE person uuid;
BEGIN
  IF is_claimed() THEN RAISE EXCEPTION 'this deployment has an owner'; END IF;
  INSERT INTO auth.users AS u (id, name, email, shown_email, email_verified, created_at, updated_at)
    VALUES (p_id, p_name, p_email, p_shown_email, true, p_now, p_now)
    ON CONFLICT (email) DO UPDATE SET name = excluded.name, shown_email = excluded.shown_email, updated_at = p_now RETURNING u.id INTO person;
  DELETE FROM auth.sessions WHERE user_id = person;
  DELETE FROM auth.credentials WHERE user_id = person;
  INSERT INTO auth.credentials (id, account_id, provider_id, user_id, password, created_at, updated_at)
    VALUES (p_credential, person::text, 'credential', person, p_password, p_now, p_now);
  RETURN person;
END $$;
REVOKE ALL ON FUNCTION make_first_person FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_first_person TO tenantree_app;
