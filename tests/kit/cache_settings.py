"""Whether a pgweir takes a result cache's settings: what the one under test says, and others that say something else."""
import subprocess
import tempfile

from .pgweir import binary


def takes(settings):
    """Whether the program under test does, settings as YAML; no is the answer that this version does not have that."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        file.write('version: 1\ndatabases: {app: {upstream: "postgres://app:x@127.0.0.1/app"}}\n'
                   f"auth: {{users: {{app: {{password: x}}}}}}\ncache: {settings}\n")  # fmt: skip
        file.flush()
        said = subprocess.run([binary(), "check", "--config", file.name], capture_output=True, text=True, check=False)
    if said.returncode != 0 and "not available in this version" not in said.stdout + said.stderr:
        raise AssertionError(said)
    return said.returncode == 0


def other_program(path, check):
    """Makes a pgweir that does what `check` says in shell when it is asked to check a configuration, which is $3 then, and
    that serves without a cache whatever it is told."""
    path.write_text(f"""#!/bin/sh
case $1 in
    check) {check} ;;
    serve) grep -v '^cache: ' "$3" > "$3.without"; exec "{binary()}" serve --config "$3.without" ;;
    *) exec "{binary()}" "$@" ;;
esac
""", encoding="utf-8")  # fmt: skip
    path.chmod(0o755)
    return path
