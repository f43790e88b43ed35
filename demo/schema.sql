-- The tables that the files of demo/data/planning are loaded into. Geometry is text here, since the embedded PostgreSQL
-- has no PostGIS.

CREATE TABLE IF NOT EXISTS typology (
  typology    text PRIMARY KEY,
  name        text,
  description text,
  entry_date  date,
  start_date  date,
  end_date    date,
  plural      text,
  text        text,
  wikidata    text,
  wikipedia   text
);

CREATE TABLE IF NOT EXISTS licence (
  licence    text PRIMARY KEY,
  text       text NOT NULL,
  entry_date date,
  start_date date,
  end_date   date
);

CREATE TABLE IF NOT EXISTS organisation (
  organisation          text PRIMARY KEY,
  name                  text NOT NULL,
  combined_authority    text,
  entry_date            date,
  start_date            date,
  end_date              date,
  entity                bigint UNIQUE,
  local_authority_type  text,
  official_name         text,
  region                text,
  statistical_geography text,
  website               text
);

CREATE TABLE IF NOT EXISTS dataset (
  dataset             text PRIMARY KEY,
  name                text NOT NULL,
  entry_date          date,
  start_date          date,
  end_date            date,
  collection          text,
  description         text,
  key_field           text,
  paint_options       jsonb,
  plural              text,
  prefix              text,
  text                text,
  typology            text,
  wikidata            text,
  wikipedia           text,
  themes              text[],
  attribution_id      text,
  licence_id          text REFERENCES licence,
  consideration       text,
  github_discussion   bigint,
  entity_minimum      bigint,
  entity_maximum      bigint,
  phase               text,
  realm               text,
  version             text,
  replacement_dataset text
);

-- Many data sets share this table: a full load replaces the rows of one of them.
CREATE TABLE IF NOT EXISTS entity (
  entity              bigint PRIMARY KEY,
  name                text,
  entry_date          date,
  start_date          date,
  end_date            date,
  dataset             text NOT NULL,
  json                jsonb,
  organisation_entity bigint,
  prefix              text,
  reference           text,
  typology            text,
  geojson             jsonb,
  geometry            text,
  point               text,
  quality             text
);
CREATE INDEX IF NOT EXISTS entity_dataset ON entity (dataset);

CREATE TABLE IF NOT EXISTS old_entity (
  old_entity bigint PRIMARY KEY,
  entity     bigint,
  entry_date date,
  start_date date,
  end_date   date,
  status     smallint NOT NULL CHECK (status IN (301, 410)),
  notes      text,
  dataset    text
);
