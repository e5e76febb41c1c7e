-- What the hub writes for one update of an existing record, as one transaction of its own.
-- The documents and the body are those of an update that the hub made; each is given as a variable.
\set key random(1, :keys)
\set word random(1, 1000000000)
BEGIN;
SELECT c.id AS copy, m.id AS record, m.version + 1 AS version, uuidv7() AS message, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS now FROM cross_reference c JOIN master_record m ON m.id = c.record_id WHERE c.connection_id = :connection AND c.entity = 'customer' AND c.external_key = 'K' || lpad(CAST(CAST(:key AS integer) AS text), 7, '0') FOR NO KEY UPDATE OF m \gset
UPDATE cross_reference SET image = :image, known = :known WHERE id = :copy;
UPDATE customer SET contact = 'Desk ' || CAST(:word AS text), phone = '555-' || CAST(:word AS text), exposure = CAST(:word AS numeric) WHERE id = :record;
UPDATE counter SET value = value + 1 WHERE name = 'change' RETURNING value AS number \gset
INSERT INTO change (number, record_id, version, connection_id, copy_id, message_id, at, verdict, said, became) VALUES (:number, :record, :version, :connection, :copy, CAST(:message AS uuid), :now, 'updated', :said, :became);
UPDATE master_record SET version = :version, changed = :number, last_stamp = :now WHERE id = :record;
INSERT INTO message (id, surface, connection_id, state, method, path, digest, received_at, duration, content_type, size, body, seen, first_number, last_number, counts, answer) VALUES (CAST(:message AS uuid), 'aljex', :connection, 'accepted', 'POST', '/aljex/sync', sha256(int8send(:number)), :now, 1000, 'application/x-www-form-urlencoded', :size, CAST(:body AS bytea), CAST(:number AS bigint) - 1, :number, :number, '{"updated": 1}', :answer);
COMMIT;
