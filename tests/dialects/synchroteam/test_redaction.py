"""Bodies without their secrets."""

import pytest

from synchub.dialects import xml
from synchub.dialects.synchroteam.bodies import read_row
from synchub.dialects.synchroteam.formats import Format
from synchub.dialects.synchroteam.redaction import mentions, redacted, without_secrets
from synchub.errors import TooLarge, Unreadable

WORDS = {"password"}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"login":"kim","password":"s3cret"}', '{"login":"kim","password":"redacted"}'),
        ('{ "PassWord" : "s3\\"cret" , "a":1.50}', '{ "PassWord" : "redacted" , "a":1.50}'),
        ('{"p\\u0061ssword":"s3cret"}', '{"p\\u0061ssword":"redacted"}'),
        ('{"password":{"old":"s3cret","new":["s3cret"]},"a":1}', '{"password":"redacted","a":1}'),
        ('{"password":731,"confirmPassword":null}', '{"password":"redacted","confirmPassword":"redacted"}'),
        ('{"password":"s3cret","password":"s3cret2"}', '{"password":"redacted","password":"redacted"}'),
        ('{"a":[{"password":"s3cret"}]}', '{"a":[{"password":"redacted"}]}'),
        (
            '{"note":"\\"password\\":\\"kept\\"","login":"password"}',
            '{"note":"\\"password\\":\\"kept\\"","login":"password"}',
        ),
        ('{\\r\\n"password":\\n"s3cret"}', '{  "password": "redacted"}'),
        ('{"login":"kim"}', '{"login":"kim"}'),
    ],
)
def test_the_values_of_secrets_in_json_are_replaced_and_nothing_else(body, kept):
    assert redacted(body.encode(), None, WORDS).decode() == kept


@pytest.mark.parametrize(
    "body",
    [
        "<User><login>kim</login><password>s3cret</password></User>",
        '<n:User xmlns:n="urn:x"><n:PASSWORD a="b"><b>s3cret</b></n:PASSWORD><login>kim</login></n:User>',
        '<User password="s3cret"><login>kim</login></User>',
        "<User><!-- password: s3cret --><login>kim</login><?password s3cret?></User>",
        "<User><login>kim</login><password><![CDATA[s3cret]]></password></User>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_values_of_secrets_in_xml_are_replaced(body, encoding):
    kept = redacted(f'<?xml version="1.0" encoding="{encoding}"?>{body}'.encode(encoding), Format.XML, WORDS)
    assert b"s3cret" not in kept
    assert b"cret" not in kept
    assert xml.read(kept)[0] == "User"
    assert read_row(kept, Format.XML)["login"] == "kim"


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (b'{"login":"kim","password":"s3cret"', None),
        (b"login=kim&password=s3cret", Format.JSON),
        (b"<User><password>s3<cret</password></User>", None),
        (b"<!DOCTYPE a [<!ENTITY b 's3cret'>]><User><password>&b;</password></User>", None),
        (b"<User><password>s3&cret;</password></User>", Format.XML),
        (b'\xff\xfe{"password":"s3cret"}', None),
    ],
)
def test_what_cannot_be_read_and_may_hold_a_secret_is_refused_without_a_word_of_it(body, sent):
    with pytest.raises(Unreadable) as refused:
        redacted(body, sent, WORDS)
    assert "cret" not in str(refused.value).replace("secret", "")


def test_xml_that_is_too_large_is_said_to_be():
    with pytest.raises(TooLarge):
        redacted(b"<User>" + b"<password/>" * 100_001 + b"</User>", None, WORDS)


def test_a_secret_is_found_in_whatever_encoding_it_is_named():
    assert mentions("<password>".encode("utf-16"), WORDS)
    assert mentions(b'"PASSW\\u004frd"', WORDS)
    assert not mentions(b'{"login":"kim"}', WORDS)


def test_nothing_is_kept_of_a_query_that_mentions_a_secret():
    assert without_secrets("id=1&Pass%77ord=s3cret", WORDS) == ""
    assert without_secrets("id=1", WORDS) == "id=1"
