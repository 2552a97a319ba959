# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several places a setting comes from, and what its text means."""

from __future__ import annotations

import pytest
from ansible_collections.swarmvault.secrets.plugins.module_utils._common import settings
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.errors import InputError
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.secret_value import (
    SecretValue,
)
from ansible_collections.swarmvault.secrets.plugins.module_utils._common.settings import (
    Setting,
    Settings,
)

VARIABLES = {"url": ("FIRST_URL", "SECOND_URL"), "token": ("FIRST_TOKEN",)}
CANARY = "canary-51c0"


def given(options: dict[str, object] | None = None, **environ: str) -> Settings:
    return Settings(options or {}, environ, VARIABLES, "x_")


def test_an_option_is_stronger_than_every_variable() -> None:
    found = given({"x_url": "a"}, FIRST_URL="b", SECOND_URL="c").find("url")
    assert found == Setting("a", "x_url", 0)


def test_variables_are_taken_in_their_order() -> None:
    assert given(FIRST_URL="b", SECOND_URL="c").find("url") == Setting("b", "FIRST_URL", 1)
    assert given(SECOND_URL="c").find("url") == Setting("c", "SECOND_URL", 2)


@pytest.mark.parametrize("empty", [None, "", [], [""]])
def test_what_is_empty_counts_as_not_set(empty: object) -> None:
    assert given({"x_url": empty}, FIRST_URL="", SECOND_URL="c").text("url") == "c"


@pytest.mark.parametrize("value", [False, 0])
def test_what_is_false_is_set(value: object) -> None:
    found = given({"x_url": value}, FIRST_URL="b").find("url")
    assert found is not None
    assert found.value is value


def test_what_is_nowhere_is_none_or_the_default() -> None:
    assert given().find("url") is None
    assert given().text("other") is None
    assert given().secret("token") is None
    assert given().parsed("url", settings.boolean, default=True) is True


def test_options_without_the_prefix_are_those_of_somebody_else() -> None:
    assert given({"url": "a"}).find("url") is None


def test_a_parser_is_told_where_the_value_comes_from() -> None:
    with pytest.raises(InputError, match="FIRST_URL is 'maybe', which is neither"):
        given(FIRST_URL="maybe").parsed("url", settings.boolean, default=True)


def test_a_secret_loses_what_files_and_pipes_leave_at_its_ends() -> None:
    assert given(FIRST_TOKEN=" t\n").secret("token") == SecretValue(b"t")
    assert given(FIRST_TOKEN=" t\n").secret("token", strip=False) == SecretValue(b" t\n")


def test_a_secret_may_be_hidden_already() -> None:
    value = SecretValue(b" t")
    assert given({"x_token": value}).secret("token") is value


def test_a_secret_that_is_not_text_is_refused_without_being_shown() -> None:
    with pytest.raises(InputError, match="FIRST_TOKEN is not valid UTF-8") as caught:
        given(FIRST_TOKEN=f"{CANARY}\udcff").secret("token")
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("word", ["yes", "True", "ON", "1", "t", " y ", True, 1])
def test_words_for_true(word: object) -> None:
    assert settings.boolean(word, "x") is True


@pytest.mark.parametrize("word", ["no", "False", "OFF", "0", "f", " n ", False, 0])
def test_words_for_false(word: object) -> None:
    assert settings.boolean(word, "x") is False


@pytest.mark.parametrize("word", ["", "nein", "2", None])
def test_another_word_is_an_error_rather_than_a_guess(word: object) -> None:
    with pytest.raises(InputError, match=r"^x is .*, which is neither true nor false"):
        settings.boolean(word, "x")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        (1.5, 1.5),
        (".5", 0.5),
        ("0", 0.0),
        ("1m30s", 90.0),
        ("500ms", 0.5),
        ("1.5h", 5400.0),
        ("2d", 172800.0),
        ("250us", 0.00025),
        (" 3s ", 3.0),
    ],
)
def test_times(text: object, seconds: float) -> None:
    assert settings.seconds(text, "x") == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-1", "1d12h", "5 s", "1e3", "inf", "٣s"])
def test_what_is_not_a_time(text: str) -> None:
    with pytest.raises(InputError, match=r"^x is .*, which is not a time"):
        settings.seconds(text, "x")


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 7 ", 7), (12, 12)])
def test_whole_numbers(text: object, number: int) -> None:
    assert settings.whole_number(text, "x") == number


@pytest.mark.parametrize("text", ["", "-1", "1.5", "three", "٣", True])
def test_what_is_not_a_whole_number(text: object) -> None:
    with pytest.raises(InputError, match=r"^x is .*, but must be a whole number of at least 0"):
        settings.whole_number(text, "x")


def test_a_whole_number_that_is_too_small() -> None:
    with pytest.raises(InputError, match="at least 2"):
        settings.whole_number(1, "x", least=2)
