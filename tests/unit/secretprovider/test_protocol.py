# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is posted to the plugin is a request for a secret, or a clean error without its text."""

from __future__ import annotations

import base64
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from swarmvault_core._common.errors import InputError
from swarmvault_core._common.secret_value import SecretValue
from swarmvault_secretprovider import protocol
from swarmvault_secretprovider.answer import Answer
from swarmvault_secretprovider.protocol import BadRequestError, SecretRequest

FULL = {
    "SecretName": "shop_db",
    "SecretLabels": {"vault_path": "shop/db"},
    "ServiceID": "s1",
    "ServiceName": "shop_web",
    "ServiceHostname": "web",
    "ServiceLabels": {"com.docker.stack.namespace": "shop"},
    "TaskID": "t1",
    "TaskName": "shop_web.1.t1",
    "TaskImage": "web:1",
    "NodeID": "n1",
    "ServiceEndpointSpec": {"Mode": 1},
}
KEYS = sorted(FULL)
ANYTHING: st.SearchStrategy[t.Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
SENT = ANYTHING | st.dictionaries(st.sampled_from(KEYS) | st.text(), ANYTHING)


def parse(body: bytes) -> SecretRequest | None:
    """Parse; None where that is refused, and nothing but a refusal may come."""
    try:
        return SecretRequest.parse(body)
    except BadRequestError:
        return None


def test_all_that_an_engine_sends_is_read() -> None:
    request = SecretRequest.parse(json.dumps(FULL).encode())
    assert request == SecretRequest(
        secret_name="shop_db",
        secret_labels={"vault_path": "shop/db"},
        service_id="s1",
        service_name="shop_web",
        service_hostname="web",
        service_labels={"com.docker.stack.namespace": "shop"},
        task_id="t1",
        task_name="shop_web.1.t1",
        task_image="web:1",
        node_id="n1",
    )
    assert request.stack == "shop"


@pytest.mark.parametrize("body", [b"{}", json.dumps(dict.fromkeys(FULL)).encode()])
def test_everything_may_be_missing_or_null(body: bytes) -> None:
    request = SecretRequest.parse(body)
    assert request == SecretRequest()
    assert request.stack == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff\xfe{\x00}\x00", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"NodeID": ' + b"9" * 5000 + b"}", "NodeID|not JSON"),
        (b'{"SecretName": 1}', "SecretName in the request is not a text"),
        (b'{"SecretName": "\\ud800"}', "SecretName in the request is not valid Unicode"),
        (b'{"SecretLabels": []}', "SecretLabels in the request is not an object"),
        (b'{"ServiceLabels": {"a": null}}', "ServiceLabels in the request is not a text"),
        (b'{"ServiceLabels": {"\\udfff": "a"}}', "ServiceLabels in the request is not valid"),
    ],
)
def test_what_is_not_a_request_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(BadRequestError, match=said):
        SecretRequest.parse(body)


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    parse(body)


@given(SENT)
def test_any_json_is_read_or_refused(sent: t.Any) -> None:
    request = parse(json.dumps(sent).encode())
    if request is not None:
        texts = (request.secret_name, request.service_name, request.node_id, request.stack)
        assert all(isinstance(text, str) for text in texts)
        "".join(texts).encode()


@given(st.sampled_from([key for key in KEYS if key != "ServiceEndpointSpec"]), st.integers(10**9))
def test_no_refusal_repeats_what_was_sent(key: str, canary: int) -> None:
    wrong: t.Any
    for wrong in (canary, [canary], {str(canary): canary}, f"{canary}\ud800"):
        with pytest.raises(BadRequestError) as caught:
            SecretRequest.parse(json.dumps({key: wrong}).encode())
        assert str(canary) not in str(caught.value)
        # Neither through the error that led to it, which a traceback would show.
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("reuse", [True, False])
def test_a_value_is_handed_over_whatever_its_bytes(*, reuse: bool) -> None:
    value = bytes(range(256))
    sent = json.loads(protocol.rendered(Answer(SecretValue(value), do_not_reuse=not reuse)))
    assert base64.b64decode(sent.pop("Value")) == value
    assert sent == {"Err": "", "DoNotReuse": not reuse}


def test_an_error_tells_message_and_remedy_and_no_value() -> None:
    sent = json.loads(protocol.rendered_error(InputError("It is not there.", "Put it there.")))
    assert sent == {"Err": "It is not there. Put it there."}


def test_an_error_has_a_bound_whatever_a_label_puts_into_it() -> None:
    sent = json.loads(protocol.rendered_error(InputError("x" * 10**6, "Put it there.")))
    assert len(sent["Err"]) == 4096


def test_activation_names_the_kind() -> None:
    assert json.loads(protocol.activated()) == {"Implements": ["secretprovider"]}
