"""Secrets: how they are made, proved and sealed."""

import base64

import pytest

from synchub import clock
from synchub.connections.credentials import (
    Prover,
    Vault,
    check_chosen,
    digest,
    exact_digest,
    generate,
    is_exact,
    valid,
)
from synchub.errors import Misconfigured

NOW = 1_800_000_000 * clock.SECOND


@pytest.mark.parametrize("name", ["token", "password", "api_key"])
def test_a_generated_secret_has_256_bits_and_never_comes_twice(name):
    first, second = generate(name, "erp"), generate(name, "erp")
    assert first != second
    assert len(base64.urlsafe_b64decode(first + "=")) == 32


def test_a_signing_secret_is_written_as_standard_webhooks_asks():
    secret = generate("secret", "hook")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32


def test_a_log_in_is_the_connections_name():
    assert generate("username", "erp") == "erp"


def test_a_generated_secret_is_kept_as_sha_256_and_can_be_looked_up():
    kept = digest("secret", generated=True)
    assert kept == exact_digest("secret")
    assert kept.startswith("sha256:")
    assert "secret" not in kept


def test_a_chosen_secret_is_kept_as_argon2_with_a_salt():
    kept = digest("secret", generated=False)
    assert not is_exact(kept)
    assert "argon2id" in kept
    assert kept != digest("secret", generated=False)


@pytest.mark.parametrize("generated", [True, False])
def test_only_the_right_secret_fits(generated):
    kept = digest("right", generated=generated)
    prover = Prover()
    assert prover.fits(kept, "right")
    assert prover.fits(kept, "right")
    assert not prover.fits(kept, "wrong")


def test_the_success_of_a_chosen_secret_is_remembered_for_minutes():
    now = NOW
    kept, prover = digest("right", generated=False), Prover()
    with clock.replaced(lambda: now):
        assert prover.recall(kept, "right") is None
        assert not prover.fits(kept, "wrong")
        assert prover.fits(kept, "right")
        assert prover.recall(kept, "right")
        assert prover.recall(kept, "wrong") is False
        now += 299 * clock.SECOND
        assert prover.recall(kept, "right")
        now += 2 * clock.SECOND
        assert prover.recall(kept, "right") is None


def test_a_damaged_digest_fits_nothing():
    assert not Prover().fits("argon2:nonsense", "right")
    assert not Prover().fits("", "right")


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("token", "", "may not be empty"),
        ("token", " x", "begin or end with a blank"),
        ("token", "a\nb", "control characters"),
        ("password", "a\nb", "control characters"),
        ("token", "to…ken", "only ASCII letters, digits and signs"),
        ("target_token", "…", "only ASCII letters, digits and signs"),
        ("target_token", "Bearer abc", "without a blank"),
        ("username", "a:b", "no colon"),
        ("secret", "no base64!", "must be base64"),
        ("secret", "whsec_", "must be base64"),
    ],
)
def test_a_chosen_credential_that_cannot_work_is_refused(name, value, fault):
    with pytest.raises(Misconfigured, match=fault):
        check_chosen(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "x"),
        ("target_token", "a.b-c_d~e+f/g="),
        ("secret", "whsec_c2VjcmV0"),
        ("secret", "c2VjcmV0"),
        ("username", "Jürgen Weiß"),
        ("password", "zwölf : Wörter"),
    ],
)
def test_a_chosen_credential_that_can_work_is_taken(name, value):
    check_chosen(name, value)


def test_what_is_sealed_is_opened_by_the_same_key_only():
    sealed = Vault("k" * 32).seal({"target_token": [("what we say", None)]})
    assert sealed is not None
    assert b"what we say" not in sealed
    assert Vault("k" * 32).open(sealed, "erp") == {"target_token": [("what we say", None)]}
    with pytest.raises(Misconfigured, match=r"SYNCHUB_SECRET_KEY does not open the secrets of connection 'erp'"):
        Vault("l" * 32).open(sealed, "erp")


def test_a_vault_without_a_key_says_so_only_when_there_is_something_to_seal():
    assert Vault("").seal({}) is None
    assert Vault("").open(None, "erp") == {}
    with pytest.raises(Misconfigured, match="SYNCHUB_SECRET_KEY is not set"):
        Vault("").seal({"secret": [("x", None)]})


def test_a_replaced_secret_counts_until_it_ends():
    aging = [("new", None), ("old", NOW)]
    assert valid(aging, NOW - 1) == ["new", "old"]
    assert valid(aging, NOW) == ["new"]
