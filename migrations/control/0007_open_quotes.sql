-- Up Migration

-- Parts in which on_error: skip has found a quote that is not closed: they can't be copied whole.
ALTER TABLE copydock.parts ADD COLUMN has_open_quotes boolean NOT NULL DEFAULT false;
-- The line end of the part's object, 'lf' (CRLF, too) or 'cr'; NULL: cut by an older version.
ALTER TABLE copydock.parts ADD COLUMN line_end text CHECK (line_end IN ('lf', 'cr'));
