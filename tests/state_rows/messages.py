"""What only messages can say: several portals at a time, data of a COPY that is not waited for."""
from kit.script import Row

TWO = "parse s {} | parse t SELECT 1 | sync"


def _two_portals(what, sql, look, held=1, after=""):
    """The one that was bound first does something, and is not executed right behind its Bind."""
    end = f"a: {after}" if after else ""
    return [
        Row(f"the first of two portals {what}", f"""
            a~ {TWO.format(sql)}
            a~ bind p s | bind q t | execute p | execute q | sync
            b: {look}
            a: {look}
            {end}
        """, held=held),
        Row(f"a portal of an earlier message {what}", f"""
            a~ {TWO.format(sql)}
            a: BEGIN
            a~ bind p s | sync
            a~ bind - t | execute - | sync
            a~ execute p | sync
            a: COMMIT
            b: {look}
            a: {look}
            {end}
        """, held=held),
    ]  # fmt: skip


def _copy_behind(statement):
    return Row(f"a COPY in one text with {statement}", f"""
        a: CREATE TABLE copied (n int)
        a~ query {statement}; COPY copied FROM STDIN | data 7 | data 8 | done
        a: SELECT sum(n) FROM copied
        b: SELECT count(*) FROM copied
        a: DROP TABLE copied
    """)  # fmt: skip


ROWS = [
    *_two_portals("sets", "SET work_mem = '7MB'", "SHOW work_mem"),
    *_two_portals("sets the role", "SET ROLE pg_monitor", "SELECT current_user"),
    *_two_portals("locks", "SELECT pg_advisory_lock(77)", "SELECT pg_try_advisory_lock(77)", held=2,
                  after="SELECT pg_advisory_unlock_all()"),
    *_two_portals("makes a temporary table", "CREATE TEMP TABLE mine (n int)", "SELECT count(*) FROM mine", held=2,
                  after="DROP TABLE mine"),
    *_two_portals("discards", "DISCARD ALL", "SHOW work_mem"),
    Row("two COPY in one text, with the data ahead", """
        a: CREATE TABLE copied (n int)
        a~ query COPY copied FROM STDIN; COPY copied FROM STDIN | data 7 | done | data 8 | data 9 | done
        a: SELECT array_agg(n ORDER BY n) FROM copied
        b: SELECT count(*) FROM copied
        a: DROP TABLE copied
    """),
    Row("the first of two portals copies", """
        a: CREATE TABLE copied (n int)
        a~ parse s COPY copied FROM STDIN | parse t SELECT 1 | sync
        a~ bind p s | bind q t | execute p | data 7 | done | execute q | sync
        b: SELECT count(*) FROM copied
        a: DROP TABLE copied
    """),
    Row("a portal is bound anew", """
        a~ parse s SET work_mem = '7MB' | parse t SELECT 1 | sync
        a~ bind p s | execute p | sync | bind p t | execute p | sync
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    Row("a held cursor is closed by a message", """
        a: DECLARE c CURSOR WITH HOLD FOR SELECT 7
        a~ execute c | sync
        a~ close c | sync
        b: SELECT count(*) FROM pg_cursors
        a: SELECT count(*) FROM pg_cursors
    """),
    Row("a portal whose name was not to be had again", """
        a~ parse s SELECT set_config('work_mem', '7MB', false) | parse t SELECT 1 | sync
        a: BEGIN
        a~ bind p s | sync
        a: SAVEPOINT a
        a~ bind p t | sync
        a: ROLLBACK TO a
        a~ execute p | sync
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """, held=2),
    Row("a portal whose Close was skipped", """
        a~ parse s SELECT set_config('work_mem', '7MB', false) | sync
        a: BEGIN
        a~ bind p s | sync
        a: SAVEPOINT a
        a~ parse - SELEKT | close p | sync
        a: ROLLBACK TO a
        a~ execute p | sync
        a: COMMIT
        b: SHOW work_mem
        a: SHOW work_mem
    """),
    _copy_behind("SET work_mem = '7MB'"),
    _copy_behind("SET LOCAL work_mem = '7MB'"),
    _copy_behind("RESET work_mem"),
    _copy_behind("SELECT set_config('work_mem', '7MB', true)"),
    _copy_behind("DEALLOCATE ALL"),
]
