"""What tests/checks/containers asks of the files from which the containers are made."""
