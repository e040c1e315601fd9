"""Which old reads are accounted for where Redis fails, and which are not: in histories that were made up."""
import types
import unittest

from coherence import history, void_windows
from coherence.history import FAILED, UNKNOWN, Operation
from coherence.void_windows import FOREVER, SETTLES, SLACK, Window

HERE, THERE = "pgweir 0", "pgweir 1"
SECOND = 1_000_000_000


def write(version, invoked, returned, via=HERE, session="writer", kind="write", **more):
    return Operation(session, kind, ("x",), (version,), invoked, returned, via=via, **more)


def read(version, invoked, returned=None, via=THERE, session="reader", **more):
    return Operation(session, "read", ("x",), (version,), invoked, returned or invoked + 1, via=via, **more)


def witness(version, invoked):
    return read(version, invoked, via="PostgreSQL", session="witness")


class Case(unittest.TestCase):
    def left(self, operations, *windows):
        found = history.check(operations)
        self.assertTrue(found, "there is nothing to account for")
        return [violation.rule for violation in void_windows.unaccounted(found, operations, windows)]


class UnderWay(Case):
    def test_until_it_was_acknowledged(self):
        told = [write(1, 0, 30), witness(1, 10), read(0, 29)]
        self.assertEqual(self.left(told), [])
        self.assertEqual(self.left([*told[:2], read(0, 31)]), ["stale", "inversion"])

    def test_before_it_began(self):
        """What was seen then is of another write."""
        told = [write(None, 20, 50), witness(1, 10), read(0, 30)]
        self.assertEqual(self.left(told), ["inversion"])
        self.assertEqual(self.left([write(1, 0, 9), *told]), ["stale", "inversion"])

    def test_each_version_that_is_missing(self):
        told = [write(1, 0, 5), write(2, 6, 50), witness(2, 10)]
        self.assertEqual(self.left([*told, read(1, 20)]), [])
        self.assertEqual(self.left([*told, read(0, 20)]), ["stale", "inversion"])

    def test_one_for_each_version(self):
        told = [write(None, 0, 50), witness(2, 10), read(0, 20)]
        self.assertEqual(self.left(told + [write(None, 0, 50, session="another")]), [])
        self.assertIn("inversion", self.left(told))

    def test_one_that_made_another_version(self):
        told = [write(1, 0, 5), write(2, 6, 8), write(3, 9, 90), witness(2, 10)]
        self.assertEqual(self.left([*told, read(1, 20)]), ["stale", "inversion"])

    def test_of_another_register(self):
        other = Operation("writer", "write", ("y",), (None,), 0, 50, via=HERE)
        self.assertIn("inversion", self.left([other, witness(1, 10), read(0, 20)]))

    def test_through_the_same_pgweir(self):
        self.assertEqual(self.left([write(1, 0, 30), witness(1, 10), read(0, 20, via=HERE)]), ["inversion"])

    def test_a_session_that_asks_behind_its_own_write(self):
        told = [write(1, 0, 30, session="both"), read(0, 1, 31, via=HERE, session="both")]
        self.assertEqual(self.left(told), ["session"])

    def test_what_a_session_saw_before(self):
        self.assertEqual(self.left([write(1, 0, 30), read(1, 5), read(0, 10)]), [])

    def test_in_a_transaction_that_wrote(self):
        self.assertEqual(self.left([write(1, 0, 30), read(1, 5), read(0, 10, inside=True)]), ["session"])

    def test_a_write_that_goes_backwards(self):
        told = [write(2, 0, 99), read(2, 5, session="two"), write(1, 11, 20, via=THERE, session="two")]
        self.assertEqual(self.left(told), ["session"])

    def test_other_rules(self):
        self.assertEqual(self.left([read(1, 5)]), ["invented"])


class Failed(Case):
    def test_accounts_for_nothing(self):
        for version in (1, None):
            rolled_back = write(version, 0, 10, outcome=FAILED)
            self.assertIn("inversion", self.left([rolled_back, witness(1, 5), read(0, 8)]))

    def test_long_ago(self):
        told = [write(1, 0, 10, outcome=FAILED), write(1, 190 * SECOND, 191 * SECOND), witness(1, 195 * SECOND)]
        self.assertEqual(self.left([*told, read(0, 200 * SECOND)]), ["stale", "inversion"])
        of_another = [*told[:1], read(1, 195 * SECOND, session="another"), read(0, 200 * SECOND)]
        self.assertIn("inversion", self.left(of_another))

    def test_in_a_window(self):
        told = [write(1, 0, 10, outcome=FAILED), witness(1, 20), read(0, 30)]
        self.assertIn("inversion", self.left(told, Window(0, 100, HERE)))


class Unknown(Case):
    def test_until_it_must_have_settled(self):
        for version in (1, None):
            told = [write(version, 0, 10, outcome=UNKNOWN), witness(1, 20)]
            self.assertEqual(self.left([*told, read(0, 21 + SETTLES)]), [])
            self.assertEqual(self.left([*told, read(0, 22 + SETTLES)]), ["inversion"])

    def test_from_when_anybody_saw_it(self):
        told = [write(None, 0, 10, outcome=UNKNOWN), witness(1, 20), witness(1, 2 * SETTLES)]
        self.assertEqual(self.left([*told, read(0, 3 * SETTLES)]), ["inversion"])

    def test_one_that_made_another_version(self):
        told = [write(2, 0, 10, outcome=UNKNOWN), write(None, 0, 10, outcome=UNKNOWN, session="two"), witness(2, 20)]
        self.assertEqual(self.left([*told, read(0, 30)]), [])
        self.assertIn("inversion", self.left([told[0]._replace(versions=(3,)), *told[1:], read(0, 30)]))

    def test_behind_what_was_acknowledged_later(self):
        """Its bump was one of the older write, too."""
        told = [write(None, 0, 10, outcome=UNKNOWN), write(2, 20, 30, session="two"), read(0, 40)]
        self.assertEqual(self.left(told), ["stale"])


class Unheard(Case):
    WINDOW = Window(10 * SECOND, 20 * SECOND, HERE)

    def seen_at(self, moment, via=THERE):
        """A read that does not see what was told at 15 s."""
        return self.left([write(1, 14 * SECOND, 15 * SECOND), read(0, moment, via=via)], self.WINDOW)

    def test_reads_of_that_time(self):
        self.assertEqual(self.seen_at(16 * SECOND), [])
        self.assertEqual(self.seen_at(self.WINDOW.end + SLACK), [])
        self.assertEqual(self.seen_at(self.WINDOW.end + SLACK + 1), ["stale"])

    def test_through_the_pgweir_that_has_told(self):
        self.assertEqual(self.seen_at(16 * SECOND, via=HERE), ["stale"])

    def test_writes_through_another_pgweir(self):
        told = write(1, 14 * SECOND, 15 * SECOND, via="pgweir 2")
        self.assertEqual(self.left([told, read(0, 16 * SECOND)], self.WINDOW), ["stale"])

    def test_writes_that_were_told_before(self):
        before = self.WINDOW.begin - SLACK
        self.assertEqual(self.left([write(1, 0, before), read(0, 16 * SECOND)], self.WINDOW), [])
        self.assertEqual(self.left([write(1, 0, before - 1), read(0, 16 * SECOND)], self.WINDOW), ["stale"])

    def test_one_that_nobody_was_told_of(self):
        lost = write(None, 0, 1, outcome=UNKNOWN)
        self.assertEqual(self.left([lost, witness(1, 9 * SECOND), read(0, 19 * SECOND)], self.WINDOW), [])
        self.assertEqual(self.left([lost, witness(1, 2 * SECOND), read(0, 19 * SECOND)], self.WINDOW), ["inversion"])

    def test_each_version_by_a_window_of_its_own(self):
        second = write(2, 15 * SECOND, 16 * SECOND, via="pgweir 2")
        told = [write(1, 14 * SECOND, 15 * SECOND), second, read(0, 17 * SECOND)]
        self.assertEqual(self.left(told, self.WINDOW), ["stale"])
        self.assertEqual(self.left(told, self.WINDOW, self.WINDOW._replace(via="pgweir 2")), [])


class Logs(unittest.TestCase):
    def windows(self, *lines):
        text = "".join(f"2030-01-02T03:04:{second:06.3f}Z warning {event} cache=app\n" for second, event in lines)
        quiet = types.SimpleNamespace(log=lambda: "2030-01-02T03:04:05.000Z info cache_on cache=app\n")
        found = void_windows.windows([quiet, types.SimpleNamespace(log=lambda: text)])
        self.assertEqual({window.via for window in found}, {THERE})
        return [round((window.end - window.begin) / SECOND, 3) if window.end != FOREVER else None for window in found]

    def test_from_the_first_that_was_missed_until_all_were_told(self):
        missed, told = "cache_writes_missed", "cache_writes_told"
        self.assertEqual(self.windows((1, missed), (2, missed), (3.5, told), (4, told), (5, missed)), [2.5, None])


if __name__ == "__main__":
    unittest.main()
