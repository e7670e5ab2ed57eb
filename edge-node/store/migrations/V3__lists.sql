-- What lists are read by, so that a page stays fast beside 100,000 orders: words are looked for in
-- the index, and only the rows shown are fetched.

DROP INDEX orders_newest;
CREATE INDEX orders_newest ON orders (sort DESC, key, text);
DROP INDEX orders_listed;
CREATE INDEX orders_listed ON orders (status, sort DESC, key, text);

DROP INDEX tasks_listed;
CREATE INDEX tasks_listed ON tasks (status, sort DESC, key);
CREATE INDEX tasks_newest ON tasks (sort DESC, key);
