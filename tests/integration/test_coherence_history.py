"""The checker of histories: for each rule what it must find, what it must not, and where the line is."""
import pathlib
import random
import tempfile
import time
import unittest

from coherence import history
from coherence.history import FAILED, UNKNOWN, Operation, check


def write(version, invoked, returned, session="writer", register="x", **more):
    return Operation(session, "write", (register,), (version,), invoked, returned, **more)


def read(version, invoked, returned, session="reader", register="x", **more):
    return Operation(session, "read", (register,), (version,), invoked, returned, **more)


def increment(invoked, returned, version=None, session="writer", **more):
    return Operation(session, "increment", ("hits",), (version,), invoked, returned, **more)


def joined(a, b, invoked, returned, session="reader"):
    return Operation(session, "joined", ("a", "b"), (a, b), invoked, returned)


def rows(user, owners, version=0, invoked=0, returned=1):
    return Operation(user, "rows", (f"rows of {user}",), (version,), invoked, returned, owners=owners, user=user)


class Rules(unittest.TestCase):
    def assertFound(self, rules, operations, final=None):
        """In whatever order they are told."""
        shuffled = list(operations)
        random.Random(7).shuffle(shuffled)
        for told in (operations, shuffled):
            self.assertEqual(rules, [violation.rule for violation in check(told, final)], told)

    def assertClean(self, *operations, final=None):
        self.assertFound([], list(operations), final)


class Late(Rules):
    """Where reads may be late, and sessions need not see all that they have seen."""

    def rules(self, operations, **less):
        return [violation.rule for violation in check(operations, **less)]

    def test_so_late_and_no_later(self):
        told = [write(1, 0, 10), read(0, 21, 30)]
        self.assertEqual(self.rules(told, late=11), [])
        self.assertEqual(self.rules(told, late=10), ["stale"])
        told = [write(1, 0, 100), read(1, 5, 10, "one"), read(0, 21, 30, "other")]
        self.assertEqual(self.rules(told, late=11), [])
        self.assertEqual(self.rules(told, late=10), ["inversion"])

    def test_what_a_session_has_seen_and_written(self):
        read_back = [write(1, 0, 40, "other"), read(1, 5, 10), read(0, 21, 30)]
        wrote = [write(1, 0, 10, "one"), read(0, 21, 30, "one")]
        for told, needed in ((read_back, "all"), (wrote, "all"), (wrote, "writes")):
            self.assertEqual(self.rules(told, late=20, session=needed), ["session"])
        for told, needed in ((read_back, "writes"), (read_back, "nothing"), (wrote, "nothing")):
            self.assertEqual(self.rules(told, late=20, session=needed), [])


class Stale(Rules):
    def test_a_read_behind_an_acknowledgement_must_see_the_write(self):
        self.assertFound(["stale"], [write(1, 0, 10), read(0, 11, 20)])
        self.assertClean(write(1, 0, 10), read(1, 11, 20))

    def test_beside_a_write_either_is_right(self):
        for version in (0, 1):
            self.assertClean(write(1, 0, 10), read(version, 5, 20))

    def test_at_the_very_moment_either_is_right(self):
        self.assertClean(write(1, 0, 10), read(0, 10, 20))

    def test_a_later_write_counts_too(self):
        self.assertFound(["stale"], [write(1, 0, 10), write(2, 12, 20), read(1, 21, 30)])
        self.assertClean(write(1, 0, 10), write(2, 12, 20), read(1, 19, 30))

    def test_acknowledgements_in_another_order_than_commits(self):
        operations = [write(2, 0, 10, "one"), write(1, 0, 20, "two")]
        self.assertFound(["stale"], [*operations, read(1, 11, 30)])
        self.assertFound(["stale"], [*operations, read(1, 25, 30)])

    def test_only_its_own_register(self):
        self.assertClean(write(1, 0, 10), read(0, 11, 20, register="y"))

    def test_a_write_that_failed_needs_not_be_seen(self):
        self.assertClean(write(1, 0, 10, outcome=FAILED), read(0, 11, 20))

    def test_an_unknown_write_may_be_seen_or_not(self):
        for version in (0, 1):
            self.assertClean(write(1, 0, 10, outcome=UNKNOWN), read(version, 11, 20))

    def test_what_stands_on_an_unknown_write_is_known(self):
        operations = [write(None, 0, 10, "lost", outcome=UNKNOWN), write(2, 12, 20)]
        self.assertFound(["stale"], [*operations, read(1, 21, 30)])
        self.assertClean(*operations, read(2, 21, 30))

    def test_reads_that_failed_say_nothing(self):
        self.assertClean(write(1, 0, 10), read(0, 11, 20, outcome=FAILED))

    def test_a_read_inside_a_transaction_must_be_fresh_too(self):
        self.assertFound(["stale"], [write(1, 0, 10), read(0, 11, 20, inside=True)])

    def test_one_who_was_told_no_version_counts(self):
        operations = [write(None, 0, 10), write(None, 12, 20)]
        self.assertFound(["stale"], [*operations, read(1, 21, 30)])
        self.assertClean(*operations, read(2, 21, 30))


class Session(Rules):
    def test_a_session_does_not_go_backwards(self):
        self.assertFound(["session", "inversion"], [write(1, 0, 99), read(1, 5, 10), read(0, 11, 20)])
        self.assertClean(write(1, 0, 99), read(0, 5, 10), read(1, 11, 20), read(1, 21, 30))

    def test_each_read_that_is_behind(self):
        operations = [write(1, 0, 98), write(2, 0, 99), read(2, 5, 10), read(1, 11, 20), read(1, 21, 30)]
        self.assertFound(["session"] * 2 + ["inversion"] * 2, operations)

    def test_a_write_does_not_go_backwards_either(self):
        self.assertFound(["session"], [write(2, 0, 99, "one"), read(2, 5, 10, "two"), write(1, 11, 20, "two")])

    def test_another_session_is_no_session(self):
        operations = [write(1, 0, 99), read(1, 5, 12, "one"), read(0, 11, 20, "two")]
        self.assertClean(*operations)

    def test_behind_an_own_write_that_was_not_waited_for(self):
        behind = [write(1, 0, 20, "both"), read(0, 1, 21, "both")]
        self.assertFound(["session"], behind)
        self.assertClean(write(1, 0, 20, "both"), read(1, 1, 21, "both"))
        self.assertClean(read(0, 0, 20, "both"), write(1, 1, 21, "both"))

    def test_behind_an_own_write_that_is_unknown(self):
        self.assertClean(write(1, 0, 20, "both", outcome=UNKNOWN), read(0, 1, 21, "both"))

    def test_inside_its_transaction_it_sees_its_write(self):
        self.assertFound(["session"], [write(1, 0, 40, "both"), read(0, 5, 10, "both", inside=True)])
        self.assertClean(write(1, 0, 40, "both"), read(1, 5, 10, "both", inside=True))

    def test_what_was_rolled_back_was_seen_only_inside(self):
        self.assertClean(write(1, 0, 40, "both", outcome=FAILED), read(1, 5, 10, "both", inside=True),
                         read(0, 41, 50, "both"), read(0, 41, 50))  # fmt: skip


class Inversion(Rules):
    def test_new_then_old(self):
        self.assertFound(["inversion"], [write(1, 0, 99), read(1, 5, 10, "one"), read(0, 11, 20, "two")])

    def test_older_answers_in_between_do_not_count(self):
        operations = [write(1, 0, 98), write(2, 0, 99), read(2, 5, 10, "one"), read(1, 4, 12, "two")]
        self.assertFound(["inversion"], [*operations, read(1, 13, 20, "three")])

    def test_reads_that_overlap_may_differ(self):
        self.assertClean(write(1, 0, 99), read(1, 5, 12, "one"), read(0, 11, 20, "two"))

    def test_at_the_very_moment_they_may_differ(self):
        self.assertClean(write(1, 0, 99), read(1, 5, 11, "one"), read(0, 11, 20, "two"))

    def test_of_an_unknown_write(self):
        operations = [write(1, 0, 4, outcome=UNKNOWN), read(1, 5, 10, "one")]
        self.assertFound(["inversion"], [*operations, read(0, 11, 20, "two")])

    def test_what_was_read_inside_a_transaction_proves_nothing(self):
        operations = [write(1, 0, 99, "one", outcome=UNKNOWN), read(1, 5, 10, "one", inside=True)]
        self.assertClean(*operations, read(0, 11, 20, "two"))

    def test_by_a_joined_read(self):
        operations = [write(1, 0, 99, register="b"), read(1, 5, 10, "one", register="b")]
        self.assertFound(["inversion"], [*operations, joined(0, 0, 11, 20, "two")])


class Foreign(Rules):
    def test_rows_of_another_user(self):
        self.assertFound(["foreign"], [rows("app", ("other",))])
        self.assertFound(["foreign"], [rows("app", ("app", "other"))])

    def test_own_rows_or_none(self):
        self.assertClean(rows("app", ("app",)), rows("other", ()))

    def test_who_said_so_is_named(self):
        (violation,) = check([rows("app", ("app", "other"))])
        self.assertIn("app was given rows of other", str(violation))


class Joined(Rules):
    def test_each_relation_counts(self):
        operations = [write(1, 0, 10, register="a"), write(1, 0, 10, register="b")]
        self.assertFound(["joined"], [*operations, joined(0, 1, 11, 20)])
        self.assertFound(["joined"], [*operations, joined(1, 0, 11, 20)])
        self.assertFound(["joined", "joined"], [*operations, joined(0, 0, 11, 20)])
        self.assertClean(*operations, joined(1, 1, 11, 20))

    def test_a_write_of_both(self):
        both = Operation("writer", "write", ("a", "b"), (1, 1), 0, 10)
        self.assertFound(["joined"], [both, joined(1, 0, 11, 20)])
        self.assertClean(both, joined(0, 0, 10, 20))


class Lost(Rules):
    def test_fewer_at_the_end_than_acknowledged(self):
        self.assertFound(["lost"], [increment(0, 10), increment(11, 20)], {"hits": 1})
        self.assertClean(increment(0, 10), increment(11, 20), final={"hits": 2})

    def test_unknown_ones_may_be_there_or_not(self):
        operations = [increment(0, 10), increment(11, 20, outcome=UNKNOWN)]
        for final, rules in ((0, ["lost"]), (1, []), (2, []), (3, ["invented"])):
            self.assertFound(rules, operations, {"hits": final})

    def test_failed_ones_must_not_be_there(self):
        self.assertFound(["invented"], [increment(0, 10, outcome=FAILED)], {"hits": 1})
        self.assertClean(increment(0, 10, outcome=FAILED), final={"hits": 0})

    def test_two_that_made_the_same(self):
        self.assertFound(["lost"], [increment(0, 10, 1, "one"), increment(0, 10, 1, "two")])
        self.assertClean(increment(0, 10, 1, "one"), increment(0, 10, 2, "two"))

    def test_one_that_was_rolled_back_made_nothing(self):
        self.assertClean(increment(0, 10, 1, outcome=FAILED), increment(11, 20, 1), final={"hits": 1})

    def test_a_register_that_nobody_wrote(self):
        self.assertFound(["invented"], [], {"hits": 1})
        self.assertClean(final={"hits": 0})


class Invented(Rules):
    def test_more_than_there_can_be(self):
        self.assertFound(["invented"], [write(1, 0, 10), read(2, 11, 20)])

    def test_with_unknown_ones(self):
        self.assertClean(write(1, 0, 10), write(None, 0, 10, outcome=UNKNOWN), read(2, 11, 20))

    def test_what_was_rolled_back(self):
        self.assertFound(["invented"], [write(1, 0, 10, outcome=FAILED), read(1, 11, 20)])


class Masses(unittest.TestCase):
    REGISTERS, OPERATIONS = 20, 100_000

    @classmethod
    def setUpClass(cls):
        cls.operations = list(cls.linear(random.Random(3)))

    @classmethod
    def linear(cls, rng):
        """As from one database without a cache: each operation takes effect at one moment between call and return."""
        versions = [0] * cls.REGISTERS
        for moment in range(0, cls.OPERATIONS * 10, 10):
            register, spread = rng.randrange(cls.REGISTERS), rng.randrange(1, 200)
            span = moment - rng.randrange(spread), moment + rng.randrange(spread)
            if rng.random() < 0.2:
                versions[register] += 1
                yield write(versions[register], *span, f"session {moment}", f"r{register}")
            else:
                yield read(versions[register], *span, f"session {moment}", f"r{register}")

    def test_a_clean_history_is_clean_and_quickly_so(self):
        started = time.process_time()
        self.assertEqual(check(self.operations), [])
        self.assertLess(time.process_time() - started, 10.0)

    def test_one_stale_read_among_them_is_found(self):
        late = self.OPERATIONS * 10 + 1000
        for age in (1, 2):
            newest = max(each.versions[0] for each in self.operations if each.registers == ("r7",))
            planted = read(newest - age, late, late + 1, register="r7")
            found = check([*self.operations, planted])
            self.assertIn("stale", {violation.rule for violation in found if violation.operation is planted})

    def test_saved_and_loaded(self):
        operations = [*self.operations[:1000], rows("app", ("app", "other")), joined(1, 2, 3, 4)]
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "history"
            history.save(operations, {"x": 3}, path)
            self.assertEqual(history.load(path), (operations, {"x": 3}))


if __name__ == "__main__":
    unittest.main()
