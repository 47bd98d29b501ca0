CREATE OR REPLACE AGGREGATE chain_hash(bytea) (SFUNC = next_hash, STYPE = bytea);
