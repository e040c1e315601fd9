"""What pgweir does when it leaves out one rule (proxy/cache/mutants.hpp), and how it is found out."""
from typing import NamedTuple

from . import history
from .observers import Incrementer
from .process_faults import ComeAndGo
from .write_faults import CutInCommit, ForgetInCommit, KillBeforeBump, KillInCommit, SettleInCommit, StallInCommit


class Mutant(NamedTuple):
    name: str
    rules: tuple  # of history.RULES; each is found broken
    faults: tuple = ()  # without which nobody would see it; then only they write, so that nothing else keeps readers off
    pgweirs: int = 1
    extra: tuple = ()  # clients
    shared: bool = False  # they cache over one Redis
    when: str = ""  # of one that is looked for under several faults


MUTANTS = (
    Mutant("no_marks", ("inversion",), (StallInCommit,)),
    Mutant("no_bumps", ("stale", "session", "inversion")),
    Mutant("late_bumps", ("stale", "inversion")),
    Mutant("stamps_not_compared", ("stale", "session", "inversion")),
    Mutant("stamps_after_query", ("stale", "inversion")),
    Mutant("joiners_ignore_stamps", ("stale",), extra=(Incrementer,)),
    Mutant("first_relation_only", ("joined",)),
    Mutant("sessions_share", ("foreign",)),
    Mutant("doubts_forgotten", ("inversion",), (CutInCommit,)),
    Mutant("unsettled", ("inversion",), (KillInCommit,)),
    Mutant("unmarked_while_off", ("inversion",), (SettleInCommit,)),
    Mutant("guard_ignored", ("stale", "inversion"), pgweirs=2),
    Mutant("gate_ignored", ("inversion",), (ComeAndGo,), pgweirs=2),
    Mutant("store_not_asked", ("stale", "inversion"), pgweirs=2, shared=True),
    Mutant("store_not_marked", ("inversion",), (StallInCommit,), pgweirs=2, shared=True),
    Mutant("store_not_marked", ("inversion",), (KillInCommit,), pgweirs=2, shared=True, when="killed"),
    Mutant("store_not_marked", ("inversion",), (KillBeforeBump,), pgweirs=2, shared=True, when="killed_before_bump"),
    Mutant("store_not_bumped", ("stale", "inversion"), pgweirs=2, shared=True),
    Mutant("told_before_bump", ("stale",), (ForgetInCommit,), pgweirs=2, shared=True),
)


def found(progress, rules):
    """Whether the history so far breaks all these rules: what has not been told yet cannot mend that."""
    return set(rules) <= {violation.rule for violation in history.check(progress.history())}
