"""Tables of scripts in which clients change their sessions in every way there is (see kit.script)."""
