"""Clients that see more of a cache than others do: each beside the ordinary clients, in a role of its own."""
from . import operations, schema
from .clients import Client
from .drivers import RawSession


class Observer(Client):
    number = 0  # of the pgweir that it asks

    def __init__(self, name, seed, stage, stop):
        address, via = self.route(stage)
        super().__init__(f"{type(self).__name__} {name}", seed, RawSession, address, schema.USERS[0], via, stop)

    def route(self, stage):
        return stage.address(self.number)


class Witness(Observer):
    """Reads past pgweir: it sees what was committed before pgweir can know of it, and what others read after that has to
    be as new."""

    mix = operations.READS_ONLY

    def route(self, stage):
        return lambda: stage.postgres.port, "PostgreSQL"


class VaultReader(Observer):
    """Waits for no server, as long as it is answered from the cache."""

    mix = {operations.read_vault: 1}


class OtherVaultReader(VaultReader):
    number = 1


class SlowReader(Observer):
    """Several of them ask for the same while it is executed."""

    mix = {operations.read_slowly: 1}


class Incrementer(Observer):
    """Writes what slow readers read."""

    mix = {operations.increment: 1}


OBSERVERS = (Witness, VaultReader, OtherVaultReader, SlowReader, SlowReader, SlowReader)
