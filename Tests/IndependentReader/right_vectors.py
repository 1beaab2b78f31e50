"""Published stores that must be read."""

from __future__ import annotations

from collections.abc import Iterator

from store_format import DEVICE, JOURNAL, KEYRING, PASSPHRASE, RECOVERY, ROTATION
from vector_drafts import ID, SECRET, Vector, draft, sample, vector
from write_store import key_fields, record_of, stretching


def right() -> Iterator[Vector]:
    """What must be read."""

    yield vector("nothing in it, and no way in", draft("empty"))
    yield vector("two keys of three profiles, a way in and a journal", sample("sample"))
    for minor in (0, 1, 3, 9, 65_535):
        yield vector(f"minor version {minor}", sample(f"minor {minor}", minor=minor))
    for generation in (2, 1 << 32, (1 << 64) - 2):
        yield vector(f"generation {generation}", sample(f"generation {generation}", generation=generation))
    yield vector("an unfinished change", sample("unfinished", flags=1))
    for name in ("a", "x" * 300, "with spaces", "Umlaut-\u00e4\u00f6\u00fc", "\U0001f511", "[brackets]", "a/b:c@d"):
        made = draft(f"name {name}")
        made.add_key(name, id=ID, secret=SECRET)
        yield vector(f"a profile of {len(name.encode())} bytes: {name[:20]}", made)
    for count in (1, 2, 10, 40):
        made = draft(f"keys {count}")
        for number in range(count):
            made.add_key(f"profile-{number:02}", id=b"AKIA%09dEXAMPLE" % number, secret=SECRET)
        yield vector(f"{count} keys", made)
    made = draft("sharing")
    made.add_key(*(f"profile-{number:02}" for number in range(20)), id=ID, secret=SECRET)
    yield vector("one key of 20 profiles", made)
    for kind, note in (
        (JOURNAL, "journal"),
        (ROTATION, "rotation"),
        (DEVICE, "device"),
        (5, "record of kind 5"),
        (65_535, "record of kind 65,535"),
    ):
        made = sample(f"note {kind}")
        made.add(b"bytes that nobody looks at here", kind)
        yield vector(f"a {note}", made)
    for count in (1, 2, 32):
        made = draft(f"slots {count}")
        for _ in range(count):
            made.add_slot(KEYRING, made.draw.randbytes(32))
        yield vector(f"{count} ways in", made)
    for kind, parameters in ((4, b""), (127, b"parameters")):
        made = sample(f"slot {kind}")
        made.add_slot(kind, made.draw.randbytes(32), parameters)
        yield vector(f"a way in of unknown kind {kind}", made)
    for kind in (PASSPHRASE, RECOVERY):
        for passes, memory in ((2, 65_536), (10, 1_048_576)):
            made = sample(f"costs {kind} {passes}")
            made.add_slot(kind, made.draw.randbytes(32), stretching(made.draw.randbytes(16), passes, memory))
            yield vector(f"slot kind {kind}, {passes} passes and {memory} KiB, which is within bounds", made)
    for number in (5, 127):
        made = draft(f"field {number}")
        made.profiles = [(b"dev", made.add(record_of([*key_fields(ID, SECRET), (number, b"later")])))]
        yield vector(f"field {number}, which is passed over", made)
    made = draft("sessions only")
    made.profiles = [(b"dev", made.add(record_of([*key_fields(ID, SECRET), (128, b"")])))]
    yield vector("a key that is kept back", made)
    for secret in (b"", b"x", b"y" * 1000):
        made = draft(f"secret {len(secret)}")
        made.add_key("dev", id=ID, secret=secret)
        yield vector(f"a secret of {len(secret)} bytes", made)
