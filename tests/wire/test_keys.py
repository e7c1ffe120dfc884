from streams.wire.keys import Origin, offset_header, offset_in, origin_of, state_key, visit_key


def test_a_snapshot_is_keyed_by_what_it_is_the_state_of() -> None:
    assert state_key(Origin("hotline.calls", 3), 6) == b"hotline.calls|3|2"
    assert state_key(Origin("hotline.calls", 3), -1) == b"hotline.calls|3|3"
    assert origin_of(b"hotline.calls|3|2") == Origin("hotline.calls", 3)


def test_another_key_names_nobody() -> None:
    for key in (None, b"", b"hotline.calls", b"hotline.calls|x|1", b"a|1|2|3"):
        assert origin_of(key) is None, key


def test_the_offset_travels_in_a_header() -> None:
    assert offset_in(offset_header(17)) == 17
    assert offset_in([("other", b"1"), ("offset", b"-1")]) == -1
    for headers in (None, (), [("offset", b"x")], [("offset", None)], [("other", b"1")]):
        assert offset_in(headers) is None, headers


def test_a_visit_is_keyed_by_contact_and_ordinal() -> None:
    assert visit_key("pbx/1", 2) == b"pbx/1/2"
