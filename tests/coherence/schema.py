"""The tables of the workload. Each row is a register (see history): its version grows by one with each write."""
USERS = ("app", "other")
ROWS = 4  # of each table that has rows by id

SQL = f"""
CREATE TABLE account (id int PRIMARY KEY, version int NOT NULL);
CREATE TABLE stock (id int PRIMARY KEY, version int NOT NULL);
CREATE TABLE hits (id int PRIMARY KEY, version int NOT NULL);
CREATE VIEW account_now AS SELECT id, version FROM account;

-- pages change by a cascade
CREATE TABLE chapter (id int PRIMARY KEY, version int NOT NULL, UNIQUE (id, version));
CREATE TABLE page (chapter int PRIMARY KEY, version int NOT NULL,
    FOREIGN KEY (chapter, version) REFERENCES chapter (id, version) ON UPDATE CASCADE);

-- summaries change by a trigger
CREATE TABLE article (id int PRIMARY KEY, version int NOT NULL);
CREATE TABLE summary (article int PRIMARY KEY, version int NOT NULL);
CREATE FUNCTION summarize() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN UPDATE summary SET version = NEW.version WHERE article = NEW.id; RETURN NULL; END$$;
CREATE TRIGGER summarize AFTER UPDATE ON article FOR EACH ROW EXECUTE FUNCTION summarize();

-- one row, which is replaced by TRUNCATE and INSERT
CREATE TABLE edition (version int NOT NULL);

-- the commit of who wrote there waits while somebody has locked the gate
CREATE TABLE gate ();
CREATE TABLE vault (id int PRIMARY KEY, version int NOT NULL);
CREATE FUNCTION pass_gate() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM FROM gate; RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER pass_gate AFTER UPDATE ON vault DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pass_gate();

-- how many rows a user has is the version of its notes
CREATE TABLE note (owner text NOT NULL, text text NOT NULL);

INSERT INTO account SELECT id, 0 FROM generate_series(1, {ROWS}) AS id;
INSERT INTO stock SELECT * FROM account;
INSERT INTO hits SELECT * FROM account;
INSERT INTO chapter SELECT * FROM account;
INSERT INTO page SELECT * FROM account;
INSERT INTO article SELECT * FROM account;
INSERT INTO summary SELECT * FROM account;
INSERT INTO vault VALUES (1, 0);
INSERT INTO edition VALUES (0);
GRANT ALL ON ALL TABLES IN SCHEMA public TO {", ".join(USERS)};
"""

FINAL = """
SELECT 'account/' || id, version FROM account UNION ALL SELECT 'stock/' || id, version FROM stock
UNION ALL SELECT 'hits/' || id, version FROM hits UNION ALL SELECT 'page/' || chapter, version FROM page
UNION ALL SELECT 'summary/' || article, version FROM summary UNION ALL SELECT 'edition', version FROM edition
UNION ALL SELECT 'vault/' || id, version FROM vault
UNION ALL SELECT 'note/' || owner, count(*) FROM note GROUP BY owner
"""


def create(postgres, database):
    postgres.sql(SQL, database=database)


def final_versions(postgres, database):
    return {register: int(version) for register, version in postgres.sql(FINAL, database=database)}
