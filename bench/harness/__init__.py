"""What the benchmarks share: servers of their own, CPU accounting, load and tables. Standard library only."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The tests' kit has the processes that never outlive their run, and the free ports.
sys.path.insert(0, str(ROOT / "tests"))
