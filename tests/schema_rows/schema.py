"""A schema in which much leads from one table to another."""

SCHEMA = r"""
CREATE EXTENSION pg_trgm;
CREATE EXTENSION citext;
CREATE EXTENSION pgcrypto;
CREATE EXTENSION "uuid-ossp";
CREATE EXTENSION hstore;
CREATE EXTENSION moddatetime;

CREATE SCHEMA other;
CREATE SCHEMA empty;

-- Foreign keys
CREATE TABLE customer (id int PRIMARY KEY, name text, email text, referrer int REFERENCES customer ON DELETE SET NULL);
CREATE TABLE purchase (id int PRIMARY KEY, customer int REFERENCES customer ON DELETE CASCADE ON UPDATE CASCADE,
    total numeric, at timestamptz);
CREATE TABLE line (id int PRIMARY KEY, purchase int REFERENCES purchase ON DELETE SET NULL, price money);
CREATE TABLE remark (id int PRIMARY KEY, customer int REFERENCES customer, text text);
CREATE TABLE bill (id int PRIMARY KEY, purchase int DEFAULT 0 REFERENCES purchase ON DELETE SET DEFAULT);
CREATE TABLE other.customer (id int, nickname text);
CREATE TABLE other.only_there (id int);
CREATE TABLE "Mixed_Case" (id int);

-- Partitions and inheritance
CREATE TABLE measurement (id int, at date, value int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE measurement_2023 PARTITION OF measurement FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE measurement_2024 PARTITION OF measurement FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
    PARTITION BY RANGE (at);
CREATE TABLE measurement_2024_1 PARTITION OF measurement_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE comment_on (id int, at date, FOREIGN KEY (id, at) REFERENCES measurement ON DELETE CASCADE);
CREATE TABLE animal (id int, name text);
CREATE TABLE dog (bark text) INHERITS (animal);

-- Triggers
CREATE TABLE log (what text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at := now(); PERFORM pg_notify('news', 'x'); RETURN NEW; END $$;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO log VALUES (TG_OP); RETURN NULL; END $$;
CREATE TABLE product (id int PRIMARY KEY, name text, updated_at timestamptz);
CREATE TRIGGER touches BEFORE INSERT OR UPDATE ON product FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TABLE stock (id int PRIMARY KEY, amount int);
CREATE TRIGGER audits AFTER UPDATE OR DELETE ON stock FOR EACH ROW EXECUTE FUNCTION audit();
CREATE TABLE quiet (id int);
CREATE TRIGGER audits AFTER INSERT ON quiet FOR EACH ROW EXECUTE FUNCTION audit();
ALTER TABLE quiet DISABLE TRIGGER audits;
CREATE TABLE dated (id int, at timestamptz);
CREATE TRIGGER dates BEFORE UPDATE ON dated FOR EACH ROW EXECUTE FUNCTION moddatetime(at);
CREATE TABLE supplier (id int PRIMARY KEY);
CREATE TABLE delivery (id int REFERENCES supplier ON DELETE CASCADE);
CREATE TRIGGER audits AFTER DELETE ON delivery FOR EACH STATEMENT EXECUTE FUNCTION audit();

-- Functions
CREATE FUNCTION reads_only(a int) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM log';
CREATE FUNCTION pretends(a int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN a; END $$;
CREATE FUNCTION writes(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES ('x'); RETURN a; END $$;
CREATE FUNCTION calls(a int) RETURNS int LANGUAGE sql STABLE AS 'SELECT writes(a)';
CREATE FUNCTION calls_on(a int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT v FROM writing_view); END $$;
CREATE FUNCTION runs(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE what; END $$;
CREATE FUNCTION atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a + 1; END;
CREATE FUNCTION full_name(c customer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT c.name || 'x' $$;
CREATE FUNCTION logged_name(c customer) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO log VALUES ('x'); RETURN c.name; END $$;
CREATE FUNCTION lower(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION other.upper(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';
CREATE PROCEDURE proceeds() LANGUAGE sql AS $$ INSERT INTO log VALUES ('x') $$;
CREATE FUNCTION adds(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a + b';
CREATE AGGREGATE own_sum(int) (SFUNC = adds, STYPE = int, INITCOND = '0');
CREATE FUNCTION logging_adds(a int, b int) RETURNS int LANGUAGE sql AS
    $$ INSERT INTO log VALUES ('x'); SELECT a + b $$;
CREATE AGGREGATE logging_sum(int) (SFUNC = logging_adds, STYPE = int, INITCOND = '0');
CREATE FUNCTION equals(a int, b text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a::text = b';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = text, FUNCTION = equals);

-- Types
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TYPE pair AS (a int, b mood);
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
CREATE DOMAIN label AS text NOT NULL;
CREATE TYPE span AS RANGE (subtype = int);
CREATE TABLE typed (id int, m mood, p pair, e email, l label, s span, c citext, h hstore, ms mood[]);
CREATE TABLE timed (id int, t timetz);
CREATE FUNCTION to_pair(a int) RETURNS pair LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(a, 'sad')::pair $$;
CREATE CAST (int AS pair) WITH FUNCTION to_pair(int);
CREATE CAST (varchar AS mood) WITH INOUT AS IMPLICIT;

-- What writing evaluates
CREATE TABLE keyed (id uuid DEFAULT uuid_generate_v4(), n serial);
CREATE TABLE defaulted (id int, v int DEFAULT writes(1));
CREATE TABLE checked (id int CHECK (calls(id) > 0));
CREATE TABLE indexed (id int);
CREATE INDEX ON indexed (pretends(id));
CREATE TABLE generated (id int, twice int GENERATED ALWAYS AS (pretends(id)) STORED);

-- What is not to be cached
CREATE TABLE secret (id int, owner name);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret USING (owner = current_user);
CREATE TABLE guarded (id int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON guarded USING (writes(id) > 0);
CREATE UNLOGGED TABLE scratch (id int);
CREATE SEQUENCE numbers;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE remote (id int) SERVER nowhere;
CREATE TABLE mostly_here (id int) PARTITION BY LIST (id);
CREATE TABLE here PARTITION OF mostly_here FOR VALUES IN (1);
CREATE FOREIGN TABLE there PARTITION OF mostly_here FOR VALUES IN (2) SERVER nowhere;

-- Views
CREATE VIEW customers AS SELECT id, name FROM customer WHERE name IS NOT NULL;
CREATE VIEW purchases AS SELECT p.id, c.name, p.total FROM purchase p JOIN customers c ON c.id = p.customer;
CREATE VIEW measurements AS SELECT value, date_trunc('month', at) AS month FROM measurement_2023;
CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) AS total FROM purchase GROUP BY customer;
CREATE VIEW best AS SELECT c.name, t.total FROM totals t JOIN customer c ON c.id = t.customer;
CREATE VIEW of_now AS SELECT id FROM purchase WHERE at > now();
CREATE VIEW of_clock AS SELECT id, CURRENT_DATE AS today FROM purchase;
CREATE VIEW of_words AS SELECT id, 'today'::text AS day FROM purchase;
CREATE VIEW of_sample AS SELECT id FROM purchase TABLESAMPLE system (50);
CREATE VIEW of_catalog AS SELECT relname FROM pg_class;
CREATE VIEW of_information AS SELECT schema_name FROM information_schema.schemata;
CREATE VIEW of_secret AS SELECT id FROM secret;
CREATE VIEW of_remote AS SELECT id FROM remote;
CREATE VIEW of_sequence AS SELECT last_value FROM numbers;
CREATE VIEW of_function AS SELECT reads_only(id) AS n FROM customer;
CREATE VIEW of_operator AS SELECT id FROM customer WHERE id === name;
CREATE VIEW of_system_column AS SELECT id, xmin AS version FROM customer;
CREATE VIEW of_domain AS SELECT name::email AS email FROM customer;
CREATE VIEW of_lock AS SELECT id FROM customer FOR UPDATE;
CREATE VIEW above AS SELECT id FROM of_now;
CREATE VIEW writing_view AS SELECT writes(1) AS v;
CREATE VIEW over_writing_view AS SELECT v FROM writing_view;
CREATE VIEW with_trigger AS SELECT id, name FROM customer;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER t INSTEAD OF INSERT ON with_trigger FOR EACH ROW EXECUTE FUNCTION instead();
CREATE VIEW with_rule AS SELECT id, name FROM customer;
CREATE RULE r AS ON INSERT TO with_rule DO INSTEAD INSERT INTO remark VALUES (NEW.id, NULL, NEW.name);
CREATE TABLE ruled (id int);
CREATE RULE r AS ON INSERT TO ruled DO ALSO INSERT INTO log VALUES ('x');
CREATE MATERIALIZED VIEW writing_totals AS SELECT pretends(1) AS v;
CREATE MATERIALIZED VIEW written AS SELECT writes(1) AS v WITH NO DATA;

INSERT INTO customer VALUES (1, 'a', 'a@x', NULL), (2, 'b', 'b@x', 1), (3, 'c', 'c@x', NULL);
INSERT INTO purchase VALUES (0, 3, 0, '2023-01-01'), (1, 1, 10, '2023-01-01'), (2, 2, 20, '2024-01-01');
INSERT INTO line VALUES (1, 1, '1'), (2, 2, '2');
INSERT INTO bill VALUES (1, 1);
INSERT INTO remark VALUES (1, 3, 'x');
INSERT INTO measurement VALUES (1, '2023-02-02', 1), (2, '2024-02-02', 2);
INSERT INTO comment_on VALUES (1, '2023-02-02'), (2, '2024-02-02');
INSERT INTO animal VALUES (1, 'cat');
INSERT INTO dog VALUES (2, 'dog', 'wow');
INSERT INTO product VALUES (1, 'p');
INSERT INTO stock VALUES (1, 1);
INSERT INTO supplier VALUES (1);
INSERT INTO delivery VALUES (1);
INSERT INTO log VALUES ('begin');
REFRESH MATERIALIZED VIEW totals;
"""
