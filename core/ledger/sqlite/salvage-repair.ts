/** SQL that makes a whole of the rows that were left: what points to lost rows goes, and what is counted is counted anew. */
const COUNTED = ['in_sync', 'waiting', 'sending', 'held', 'refused', 'incomplete'].map(
  (column, state) =>
    `${column} = (SELECT count(*) FROM outlet_items o WHERE o.outlet = outlets.id AND o.state = ${state})`,
);

export const SALVAGED_REPAIR = `
DELETE FROM items WHERE store NOT IN (SELECT id FROM stores);
DELETE FROM movements WHERE item NOT IN (SELECT id FROM items);
DELETE FROM events WHERE item NOT IN (SELECT id FROM items) OR sender NOT IN (SELECT id FROM senders);
UPDATE items SET moves = (SELECT count(*) FROM movements m WHERE m.item = items.id);
UPDATE outlets SET endpoint = NULL WHERE endpoint NOT IN (SELECT id FROM endpoints);
DELETE FROM outlet_items WHERE item NOT IN (SELECT id FROM items);
INSERT INTO outlet_items (outlet, item, state)
  SELECT o.id, i.id, 5 FROM outlets o JOIN stores s ON s.store_id = o.store_id JOIN items i ON i.store = s.id
  WHERE true ON CONFLICT DO NOTHING;
UPDATE outlet_items SET lease = NULL, state = CASE WHEN state IN (2, 6) THEN 3 ELSE state END;
DELETE FROM pushes WHERE outlet NOT IN (SELECT id FROM outlets);
DELETE FROM chunks WHERE push NOT IN (SELECT seq FROM pushes);
UPDATE chunks SET status = 'failed' WHERE status IN ('sending', 'unknown');
UPDATE chunks SET refused = NULL WHERE EXISTS (
  SELECT 1 FROM json_each(chunks.refused) j WHERE json_extract(j.value, '$.item') NOT IN (SELECT id FROM items));
DELETE FROM sends WHERE chunk NOT IN (SELECT seq FROM chunks) OR item NOT IN (SELECT id FROM items);
UPDATE outlets SET ${COUNTED.join(', ')};
INSERT INTO meta VALUES ('id', lower(hex(randomblob(16)))), ('created_at', strftime('%Y-%m-%dT%H:%M:%fZ')) ON CONFLICT DO NOTHING;
INSERT INTO meta SELECT 'change', max(
    coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'change'), 0),
    coalesce((SELECT max(since) FROM outlet_items), 0)) WHERE true
  ON CONFLICT (key) DO UPDATE SET value = excluded.value;
`;
