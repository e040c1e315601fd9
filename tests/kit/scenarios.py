"""Tests that each run one scenario of a program in another language.

    class Perl(scenarios("perl", "scenarios.pl", directory=HERE / "perl", names=("query", ...))): pass
    class Direct(Perl, DirectRoute): pass

The program is called with the name of a scenario, or with --list; the server is named by libpq's environment.
"""


def scenarios(*command, directory, names):
    class Scenarios:
        def test_each_scenario_has_its_test(self):
            listed = self.run_program(*command, "--list", cwd=directory).split()
            self.assertEqual(sorted(listed), sorted(names))

    for name in names:
        def test(self, name=name):
            self.run_program(*command, name, cwd=directory)

        setattr(Scenarios, f"test_{name}", test)
    return Scenarios
