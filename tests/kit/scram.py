"""The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding."""
import base64
import hashlib
import hmac
import secrets


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class ScramClient:
    def __init__(self, password):
        self._password = password
        self._bare = "n=,r=" + secrets.token_urlsafe(18)
        self._signature = None

    def first(self):
        return "n,," + self._bare

    def final(self, server_first):
        """The answer to the server's first message."""
        attributes = dict(part.split("=", 1) for part in server_first.split(","))
        salt, rounds = base64.b64decode(attributes["s"]), int(attributes["i"])
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), salt, rounds)
        without_proof = "c=biws,r=" + attributes["r"]
        signed = ",".join([self._bare, server_first, without_proof])
        client_key = _hmac(salted, "Client Key")
        signature = _hmac(hashlib.sha256(client_key).digest(), signed)
        proof = bytes(left ^ right for left, right in zip(client_key, signature))
        self._signature = _hmac(_hmac(salted, "Server Key"), signed)
        return without_proof + ",p=" + base64.b64encode(proof).decode()

    def check(self, server_final):
        """Raises if the server does not know the secret either."""
        if server_final != "v=" + base64.b64encode(self._signature).decode():
            raise RuntimeError("the server's SCRAM signature is wrong")
