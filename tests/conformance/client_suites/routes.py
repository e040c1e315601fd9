"""The two ways of a client's suite: to a PostgreSQL, and through pgweir to another one that is its like, at one address."""
from kit.pgweir import Pgweir
from kit.postgres import HOST, Postgres

from ..front_door import FrontDoor
from ..rotor import Rotor

HELD = 2  # servers that others hold, so that there is one to be lent in turn


def play_directly(suite, log, chosen):
    with Postgres() as postgres:
        suite.prepare(postgres)
        return _play(suite, postgres.port, None, log, chosen)


def play_through(suite, log, chosen):
    held = 0 if chosen.still else HELD
    pool = {"mode": chosen.mode, "size": chosen.pool or suite.servers + held}
    with Postgres() as postgres:
        suite.prepare(postgres)
        upstream = f"postgres://{HOST}:{postgres.port}"
        with Pgweir({"auth": {"method": "trust"}, "databases": {"*": {"upstream": upstream, "pool": pool}}}) as proxy:
            rotor = Rotor(proxy, pool["size"], pool["size"] - held) if held else None
            outcomes = _play(suite, proxy.port, rotor, log, chosen)
            if rotor:
                print("  " + rotor.told())
                rotor.close()
            proxy.assert_at_rest()
            return outcomes


def _play(suite, port, rotor, log, chosen):
    door = FrontDoor("simple")
    door.target = port
    door.turn = rotor.turn if rotor else None
    try:
        return suite.play(door.port, log, chosen.timeout)
    finally:
        door.close()
