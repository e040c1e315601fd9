"""Runs one file of integration tests: python3 -m kit.run FILE [-k PATTERN] [--counts FILE]

Shows only what failed, and each test that took long. Writes `passed failed skipped` to the counts file.
"""
import argparse
import faulthandler
import importlib.util
import pathlib
import signal
import sys
import time
import unittest

SLOW = 10.0  # seconds


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = 0
        self.last_passed = None
        self._started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        if (took := time.monotonic() - self._started) > SLOW:
            self.stream.writeln(f"slow: {test.id()} {took:.1f} s")
            self.stream.flush()

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.passed += 1

    def counts(self):
        # An error in setUpClass or in a class's clean-up is one failure, whichever tests it prevented. A test with
        # failing subtests, or one that fails and then fails to clean up, counts once.
        failed = {test.test_case.id() if hasattr(test, "test_case") else test.id()
                  for test, _ in self.failures + self.errors}  # fmt: skip
        failed |= {test.id() for test in self.unexpectedSuccesses}
        return self.passed, len(failed), len(self.skipped)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("-k", dest="patterns", action="append")
    parser.add_argument("-v", dest="verbosity", action="store_const", const=2, default=0)
    parser.add_argument("--counts", type=pathlib.Path)
    chosen = parser.parse_args()

    # The shell starts what runs in the background with SIGINT ignored, and psql and PostgreSQL would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # `timeout` ends a run that hangs with SIGTERM: first show where.
    faulthandler.register(signal.SIGTERM, all_threads=True, chain=True)
    loader = unittest.TestLoader()
    if chosen.patterns:
        loader.testNamePatterns = [text if "*" in text else f"*{text}*" for text in chosen.patterns]
    suite = loader.loadTestsFromModule(load(chosen.file))
    runner = unittest.TextTestRunner(verbosity=chosen.verbosity, resultclass=Result, warnings="default")
    result = runner.run(suite)
    passed, failed, skipped = result.counts()
    if chosen.counts:
        chosen.counts.write_text(f"{passed} {failed} {skipped}\n", encoding="ascii")
    sys.exit(0 if failed == 0 and passed + skipped > 0 else 1)


if __name__ == "__main__":
    main()
