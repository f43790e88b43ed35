-- Up Migration

-- The most parts that this attempt ever had staged and copied. Only more than that is progress: parts that are copied
-- again after the staging table was lost are not, or a load that loses it each time would be tried for ever.
ALTER TABLE copydock.loads ADD COLUMN most_parts_done bigint NOT NULL DEFAULT 0;
