"""The audit's rows about models that were made elsewhere."""

from coldwave.audit.checks import UNKNOWN, brought_checks


def test_what_was_made_elsewhere_is_neither_passed_nor_failed():
    rows = brought_checks({"theirs": ["a.csv"], "mine": ["songs.csv", "users.csv"]})
    assert [tuple(row) for row in rows] == [
        ("learnt from no test song", "predictions/theirs", UNKNOWN, "made elsewhere: a.csv"),
        ("learnt from no test song", "predictions/mine", UNKNOWN, "made elsewhere: songs.csv, users.csv"),
    ]
    assert brought_checks({}) == []
