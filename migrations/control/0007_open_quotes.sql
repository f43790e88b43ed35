-- Up Migration

-- Parts in which on_error: skip has found a quote that is not closed: they can't be copied whole.
ALTER TABLE copydock.parts ADD COLUMN has_open_quotes boolean NOT NULL DEFAULT false;
