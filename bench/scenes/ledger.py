"""What a client was told about each of its hits, to be held against what the database has."""
import dataclasses
import time

ACKNOWLEDGED, REFUSED, IN_DOUBT = "acknowledged", "refused", "in doubt"
# The application's word that the hit's transaction never began.
REFUSALS = {"pool_timeout", "refused"}


@dataclasses.dataclass(frozen=True)
class Outcome:
    at: float  # time.time()
    kind: str
    seconds: float


class Ledger:
    """Each id was sent once, so one answer is all there is to know of it."""

    def __init__(self):
        self.outcomes = []
        self.acknowledged = set()
        self.refused = set()
        self.in_doubt = set()
        self.known_before = set()  # acknowledged, but "counted": false: somebody else had sent this id

    def note(self, id, status, body, seconds):
        """`status` None: no answer."""
        if status == 200:
            kind, ids = ACKNOWLEDGED, self.acknowledged
            if not body["counted"]:
                self.known_before.add(id)
        elif status is not None and body.get("error") in REFUSALS:
            kind, ids = REFUSED, self.refused
        else:
            kind, ids = IN_DOUBT, self.in_doubt
        ids.add(id)
        self.outcomes.append(Outcome(time.time(), kind, seconds))


    def differences(self, stored):
        """{what: [id]}: what would have to be empty, and what was in doubt and is there."""
        return {
            "acknowledged and missing": sorted(self.acknowledged - stored.ids),
            "refused and there": sorted(self.refused & stored.ids),
            "never sent and there": sorted(stored.ids - self.acknowledged - self.refused - self.in_doubt),
            "counted before": sorted(self.known_before),
            "in doubt and there": sorted(self.in_doubt & stored.ids),
        }


@dataclasses.dataclass(frozen=True)
class Stored:
    """What the database has."""

    value: int
    ids: frozenset


def claims(ledger, stored):
    """[(what is claimed, whether it holds)]"""
    fewest = len(ledger.acknowledged)
    most = fewest + len(ledger.in_doubt)
    return [
        ("every acknowledged hit is there", ledger.acknowledged <= stored.ids),
        ("no hit that was refused is there", not ledger.refused & stored.ids),
        ("nothing is there that was not sent", stored.ids <= ledger.acknowledged | ledger.in_doubt),
        ("none was counted twice", stored.value == len(stored.ids) and not ledger.known_before),
        (f"the count {stored.value} lies between {fewest} acknowledged and {most} with those in doubt",
         fewest <= stored.value <= most),
    ]  # fmt: skip
