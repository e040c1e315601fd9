"""PostgreSQL's protocol 3.0 as bytes: what a client sends, and readers for what it gets."""
import dataclasses
import struct

PROTOCOL_3_0 = 196608
CANCEL_CODE = 80877102
SSL_CODE = 80877103
GSSENC_CODE = 80877104


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def _string(text):
    return _bytes(text) + b"\0"


def message(tag, body=b""):
    return _bytes(tag) + struct.pack("!i", len(body) + 4) + body


# The first packet of a connection has no tag.


def startup(parameters, version=PROTOCOL_3_0):
    body = b"".join(_string(name) + _string(value) for name, value in parameters.items()) + b"\0"
    return struct.pack("!ii", len(body) + 8, version) + body


def cancel_request(pid, key):
    return struct.pack("!iii", 16, CANCEL_CODE, pid) + struct.pack("!i", key)


def ssl_request():
    return struct.pack("!ii", 8, SSL_CODE)


def gssenc_request():
    return struct.pack("!ii", 8, GSSENC_CODE)


# Messages of a client that is connected


def query(sql):
    return message("Q", _string(sql))


def parse(name, sql, types=()):
    return message("P", _string(name) + _string(sql) + struct.pack(f"!H{len(types)}I", len(types), *types))


def bind(portal="", statement="", values=(), formats=(), result_formats=()):
    """Values are str, bytes or None. Formats: 0 text, 1 binary; none, one for all, or one each."""
    body = _string(portal) + _string(statement) + struct.pack(f"!H{len(formats)}h", len(formats), *formats)
    body += struct.pack("!H", len(values))
    for value in values:
        raw = None if value is None else _bytes(value)
        body += struct.pack("!i", -1) if raw is None else struct.pack("!i", len(raw)) + raw
    return message("B", body + struct.pack(f"!H{len(result_formats)}h", len(result_formats), *result_formats))


def describe_statement(name=""):
    return message("D", b"S" + _string(name))


def describe_portal(name=""):
    return message("D", b"P" + _string(name))


def execute(portal="", max_rows=0):
    return message("E", _string(portal) + struct.pack("!i", max_rows))


def close_statement(name=""):
    return message("C", b"S" + _string(name))


def close_portal(name=""):
    return message("C", b"P" + _string(name))


def sync():
    return message("S")


def flush():
    return message("H")


def copy_data(data):
    return message("d", _bytes(data))


def copy_done():
    return message("c")


def copy_fail(reason):
    return message("f", _string(reason))


def function_call(oid, values=(), formats=(), result_format=0):
    body = struct.pack(f"!iH{len(formats)}h", oid, len(formats), *formats) + struct.pack("!H", len(values))
    for value in values:
        raw = None if value is None else _bytes(value)
        body += struct.pack("!i", -1) if raw is None else struct.pack("!i", len(raw)) + raw
    return message("F", body + struct.pack("!h", result_format))


def password(secret):
    return message("p", _string(secret))


def terminate():
    return message("X")


@dataclasses.dataclass(frozen=True)
class Message:
    """One message of a server. The accessors each read one kind of body."""

    tag: str
    body: bytes

    @property
    def fields(self):
        """ErrorResponse and NoticeResponse: field code -> text, such as C for the SQLSTATE and M for the message."""
        assert self.tag in "EN", self
        return {part[:1].decode(): part[1:].decode() for part in self.body.split(b"\0") if part}

    @property
    def sqlstate(self):
        return self.fields["C"]

    @property
    def status(self):
        """ReadyForQuery: I, T or E."""
        assert self.tag == "Z", self
        return self.body.decode()

    @property
    def command(self):
        """CommandComplete: such as `INSERT 0 1`."""
        assert self.tag == "C", self
        return self.body[:-1].decode()

    @property
    def parameter(self):
        """ParameterStatus: (name, value)."""
        assert self.tag == "S", self
        name, value, _ = self.body.split(b"\0")
        return name.decode(), value.decode()

    @property
    def backend_key(self):
        assert self.tag == "K", self
        return struct.unpack("!ii", self.body)

    @property
    def authentication(self):
        """The code of the request: 0 ok, 3 password, 5 md5, 10 SASL and so on."""
        assert self.tag == "R", self
        return struct.unpack("!i", self.body[:4])[0]

    @property
    def row(self):
        """DataRow: a list of bytes or None."""
        assert self.tag == "D", self
        values, at = [], 2
        for _ in range(struct.unpack("!H", self.body[:2])[0]):
            (length,) = struct.unpack("!i", self.body[at : at + 4])
            at += 4
            values.append(None if length < 0 else self.body[at : at + length])
            at += max(length, 0)
        return values

    @property
    def columns(self):
        """RowDescription: the names."""
        assert self.tag == "T", self
        names, at = [], 2
        for _ in range(struct.unpack("!H", self.body[:2])[0]):
            end = self.body.index(b"\0", at)
            names.append(self.body[at:end].decode())
            at = end + 19
        return names

    @property
    def notification(self):
        """NotificationResponse: (pid, channel, payload)."""
        assert self.tag == "A", self
        channel, payload, _ = self.body[4:].split(b"\0")
        return struct.unpack("!i", self.body[:4])[0], channel.decode(), payload.decode()
