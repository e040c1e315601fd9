"""Free TCP ports on the loopback interface, also when several test runs and labs choose at once."""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "compose"))
from topology.ports import free_port  # noqa: E402, F401
