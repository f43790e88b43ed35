-- Up Migration

-- Those who follow all loads hear of a new one as they hear of a changed one.
CREATE FUNCTION copydock.announce_load() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('copydock_loads', NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER loads_announced AFTER INSERT ON copydock.loads FOR EACH ROW EXECUTE FUNCTION copydock.announce_load();
