"""What the image starts: becomes the command that it is given.

DATABASE_PASSWORD_FILE names a file with the password, as containers get their secrets; it is put into DATABASE_URL,
which then is written without one.
"""
import os
import pathlib
import sys
import urllib.parse


def with_password(url: str, password: str) -> str:
    parts = urllib.parse.urlsplit(url)
    user, at, server = parts.netloc.rpartition("@")
    if not at or ":" in user:
        sys.exit("error: with DATABASE_PASSWORD_FILE, DATABASE_URL has a user and no password")
    secret = urllib.parse.quote(password, safe="")
    return parts._replace(netloc=f"{user}:{secret}@{server}").geturl()


def main() -> None:
    if file := os.environ.pop("DATABASE_PASSWORD_FILE", None):
        try:
            password = pathlib.Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            sys.exit(f"error: DATABASE_PASSWORD_FILE: {error}")
        os.environ["DATABASE_URL"] = with_password(os.environ.get("DATABASE_URL", ""), password)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
