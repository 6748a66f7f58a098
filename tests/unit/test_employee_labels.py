"""Employees as operators see them in the Temporal UI."""

import pytest

from services.booking.candidates import employee_label


@pytest.mark.parametrize(
    ("name", "initials", "in_full"),
    [
        ("Freja Lindqvist", "FL", "Freja Lindqvist"),
        ("  Anne-Marie  O'Neill ", "AO", "Anne-Marie O'Neill"),
        ("Åse Østergård", "ÅØ", "Åse Østergård"),
        ("Dr. Liv Holm (external)", "DLH", "Dr. Liv Holm (external)"),
        ("[Freja](https://evil.example) *L*\n# `x`", "FELX", "Freja (https evil.example) L x"),
        ("山田 太郎", "山太", "山田 太郎"),
        ("4711", None, "4711"),
        ("***", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_label_is_the_name_or_its_initials(name: str | None, initials: str | None, in_full: str | None) -> None:
    assert employee_label(name, in_full=False) == initials
    assert employee_label(name, in_full=True) == in_full
