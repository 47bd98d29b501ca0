-- Erases an account whose retention is over (rules/accounts 18): its data goes, what sums, invoices and the audit log need stays. Where it
-- stood at last is its last placement, and ends never.
CREATE OR REPLACE FUNCTION erase_account(p_account uuid, p_version bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE a accounts := reached(p_account);
BEGIN
  DELETE FROM embed_tokens WHERE root_id = a.root_id AND account_id = p_account;
  DELETE FROM api_keys WHERE root_id = a.root_id AND account_id = p_account;
  DELETE FROM invitations WHERE root_id = a.root_id AND account_id = p_account;
  DELETE FROM members WHERE root_id = a.root_id AND account_id = p_account;
  DELETE FROM product_refs WHERE root_id = a.root_id AND account_id = p_account;
  DELETE FROM products WHERE root_id = a.root_id AND account_id = p_account;
  DELETE FROM leases WHERE root_id = a.root_id AND account_id = p_account;
  -- Invoices say whom they were addressed to.
  DELETE FROM billing_details WHERE account_id = p_account;
  DELETE FROM payment_methods WHERE account_id = p_account;
  UPDATE usage_events SET attributes = '{}' WHERE account_id = p_account AND attributes <> '{}';
  INSERT INTO past_placements (account_id, valid_to, root_id, path_key, payer_id, name) VALUES (a.id, 'infinity', a.root_id, a.path_key, a.payer_id, a.name);
  UPDATE tree_versions SET shape = shape + 1 WHERE root_id = a.root_id;
  DELETE FROM accounts WHERE root_id = a.root_id AND id = p_account;
END $$;
REVOKE ALL ON FUNCTION erase_account FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_account TO tenantree_app;
