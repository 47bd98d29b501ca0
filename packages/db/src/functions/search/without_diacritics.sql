-- What a sibling key is to somebody who types without diacritics. Unfolded marks are those that change a letter, not vowels of Indic
-- scripts; letters with a stroke have no decomposition and are named. "C", so that no locale has a say: i is i also in Turkish.
CREATE OR REPLACE FUNCTION without_diacritics(p_key text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace(replace(replace(translate(
  regexp_replace(lower(normalize(p_key, NFKD) COLLATE "C"),
    '[\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u064B-\u065F\u0670\u0E48-\u0E4C\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\u3099\u309A\uFE20-\uFE2F]',
    '', 'g'),
  'øłđðħŧıς’‘ʼ', 'olddhtiσ'''''''), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
