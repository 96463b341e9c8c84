-- One purchase as one statement, for pgbench: what store_sales does in batches. Needs `CREATE SEQUENCE orders_made`.
\set id random(1, :books)
WITH taken AS (
  UPDATE stock SET quantity = quantity - 1, version = version + 1 WHERE id = :id AND quantity >= 1
  RETURNING id, version),
sold AS (
  INSERT INTO sales(key, order_id, fingerprint, name, lines, verdict, sold_at, version)
  SELECT gen_random_uuid()::text, lpad(to_hex(nextval('orders_made')), 32, '0')::uuid, repeat('0123456789abcdef', 4), 'Hiba',
    '[{"book_id":' || books.id || ',"title":"' || title || '","quantity":1,"price":19.99}]', 0,
    extract(epoch FROM now())::bigint * 1000, version
  FROM taken JOIN books USING (id)
  RETURNING order_id, version)
INSERT INTO unprojected_sales SELECT order_id, version, 1 FROM sold;
