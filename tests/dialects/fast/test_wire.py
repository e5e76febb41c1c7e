"""The eight forms: what each attribute takes, what it refuses and how, and that what goes out comes back the same."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchub.dialects.fast.wire import BY_ENTITY, FORMS, Form
from synchub.dialects.wire import compose_key, parse, split_key
from synchub.master.values import spell

REQUIRED = "is required"

# Attribute: type, and whether it is required; from facts/fast.md section 1 and the issue (Status on setCustomer alone).
TABLES: dict[str, dict[str, tuple[str, bool]]] = {
    "setCustomer": {
        "CustomerCode": ("32", True),
        "CustomerName": ("256", True),
        "OtherName": ("256", False),
        "SaleCode": ("32", False),
        "Address": ("256", False),
        "Partner": ("256", False),
        "GroupCode1": ("32", False),
        "GroupCode2": ("32", False),
        "GroupCode3": ("32", False),
        "PhoneNumber": ("32", False),
        "TaxCode": ("32", False),
        "Fax": ("32", False),
        "Email": ("128", False),
        "BankAccount": ("30", False),
        "BankName": ("256", False),
        "BranchName": ("256", False),
        "AccountName": ("256", False),
        "PaymentTerm": ("2", False),
        "Status": ("flag", True),
        "SuplierYN": ("flag", False),
        "EmployeeYN": ("flag", False),
        "Description": ("512", False),
    },
    "setItem": {
        "ItemCode": ("32", True),
        "ItemName": ("256", True),
        "OtherName": ("256", False),
        "Uom": ("32", False),
        "ItemType": ("2", True),
        "ItemGroup1": ("32", False),
        "ItemGroup2": ("32", False),
        "ItemGroup3": ("32", False),
        "Status": ("flag", False),
    },
    "setUomConversion": {
        "ItemCode": ("32", True),
        "Uom": ("32", True),
        "Coefficient": ("decimal", True),
        "Status": ("flag", False),
    },
    "setSite": {
        "SiteCode": ("32", True),
        "SiteName": ("256", True),
        "OtherName": ("256", False),
        "Address": ("256", False),
        "GroupCode": ("32", False),
        "AgentYN": ("flag", False),
        "Note": ("512", False),
        "Status": ("flag", False),
    },
    "setDepartment": {
        "DeptCode": ("32", True),
        "DeptName": ("256", True),
        "OtherName": ("256", False),
        "Address": ("256", False),
        "PhoneNumber": ("32", False),
        "Note": ("512", False),
        "Status": ("flag", False),
    },
    "setJob": {
        "JobCode": ("32", True),
        "JobName": ("256", True),
        "OtherName": ("256", False),
        "Note": ("512", False),
        "Status": ("flag", False),
    },
    "setContract": {
        "ContractCode": ("32", True),
        "ContractName": ("256", True),
        "OtherName": ("256", False),
        "ContractNo": ("64", False),
        "SignedDate": ("date", False),
        "FromDate": ("date", False),
        "ToDate": ("date", False),
        "TotalAmount": ("long", False),
        "Currency": ("3", False),
        "Note": ("512", False),
        "Status": ("flag", False),
    },
    "setExpense": {
        "ExpenseCode": ("32", True),
        "ExpenseName": ("256", True),
        "OtherName": ("256", False),
        "DeptCode": ("32", False),
        "Note": ("512", False),
        "Status": ("flag", False),
    },
}
GOOD: dict[str, Any] = {"flag": "1", "date": "2025-01-15", "long": 7, "decimal": 24.0}
ATTRIBUTES = [(form, word, kind, must) for form, table in TABLES.items() for word, (kind, must) in table.items()]
OF_KIND = {kind: [(f, w) for f, w, k, _ in ATTRIBUTES if k == kind] for kind in GOOD}


def row(form: str, **said: Any) -> dict[str, Any]:
    """A row that is good but for what is said."""
    required = {word: GOOD.get(kind, "A") for word, (kind, must) in TABLES[form].items() if must}
    return required | said


def rules(form: str, *rows: Any) -> list[str]:
    """What is wrong with rows."""
    parsed = parse(FORMS[form.lower()], list(rows))
    assert parsed.count == len(parsed.faults)
    return [f"{fault.word} {fault.rule}" for fault in parsed.faults]


def taken(form: str, word: str, value: Any) -> Any:
    """What becomes of a value in the write."""
    parsed = parse(FORMS[form.lower()], [row(form, **{word: value})])
    assert parsed.faults == []
    model, extra = parsed.rows[0]
    assert extra == {}
    columns = {spelt: name for name, spelt in type(model).columns.items()}
    return model.write({}).fields[columns[word]]


def test_all_eight_forms_have_the_attributes_of_the_vendors_pages_and_no_others():
    said = {form: set(FORMS[form.lower()].words) for form in TABLES}
    listed = {form: {word.lower() for word in table} for form, table in TABLES.items()}
    listed["setCustomer"].add("supplieryn")
    assert said == listed
    assert set(FORMS) == {form.lower() for form in TABLES} | {"setcustomers", "unitconversion"}


@pytest.mark.parametrize(("form", "word", "kind", "must"), ATTRIBUTES)
def test_every_attribute_says_that_it_is_required_or_may_be_left_out(form, word, kind, must):
    absent = {name: value for name, value in row(form).items() if name != word}
    cases = [absent, row(form, **{word: None}), row(form, **{word: ""}), row(form, **{word: "  "})]
    for case in cases:
        assert rules(form, case) == ([f"{word} {REQUIRED}"] if must else [])


@pytest.mark.parametrize(("form", "word", "kind"), [(f, w, k) for f, w, k, _ in ATTRIBUTES if k.isdecimal()])
def test_every_text_is_taken_to_its_length_and_no_further(form, word, kind):
    most = int(kind)
    assert rules(form, row(form, **{word: "ữ" * most})) == []
    assert rules(form, row(form, **{word: " " + "ữ" * most + " "})) == []
    assert rules(form, row(form, **{word: "x" * (most + 8)})) == [f"{word} max {most}, got {most + 8}"]
    assert rules(form, row(form, **{word: 7})) == []
    assert rules(form, row(form, **{word: {"a": 1}})) == [f"{word} must be text, got an object"]
    assert rules(form, row(form, **{word: [1]})) == [f"{word} must be text, got an array"]
    assert rules(form, row(form, **{word: True})) == [f"{word} must be text, got true or false"]
    assert rules(form, row(form, **{word: "\ud800"})) == [f"{word} is not readable as Unicode text"]


def test_the_length_of_a_text_is_counted_after_it_is_composed():
    assert rules("setSite", row("setSite", SiteCode="u\u031b\u0303" * 32)) == []
    assert taken("setSite", "Note", "u\u031b\u0303") == "\u1eef"


@pytest.mark.parametrize(("form", "word"), OF_KIND["flag"])
def test_every_flag_takes_0_and_1_in_any_dress_and_nothing_else(form, word):
    for value in (1, "1", " 1 ", True, 1.0, Decimal("1.0")):
        assert taken(form, word, value) is True
    for value in (0, "0", False, Decimal(0)):
        assert taken(form, word, value) is False
    for value in (2, -1, "Y", "yes", "true", "A", 0.5, [], {}):
        assert rules(form, row(form, **{word: value})) == [f"{word} must be 1 or 0"]


@pytest.mark.parametrize(("form", "word"), OF_KIND["date"])
def test_every_date_takes_a_day_and_of_a_moment_the_day(form, word):
    moments = ["2025-01-15", "2025-01-15T00:00:00", "2025-01-15T23:59:59.1234567Z", "2025-01-15 10:00", " 2025-01-15 "]
    for value in [*moments, "2025-01-15t00:00:00+07:00"]:
        assert taken(form, word, value) == "2025-01-15"
    for value in ("2025-02-30", "15/01/2025", "20250115", 20250115, "2025-01-15x", True, [], "\u0661025-01-15"):
        assert rules(form, row(form, **{word: value})) == [f"{word} must be a date as YYYY-MM-DD"]


def test_a_long_takes_whole_numbers_of_64_bits():
    for value in (1500000000, "1500000000", " 1500000000 ", Decimal("1500000000.00"), "1500000000.0"):
        assert taken("setContract", "TotalAmount", value) == 1500000000
    assert taken("setContract", "TotalAmount", -(2**63)) == -(2**63)
    wrong = {
        "must be a whole number": [1.5, "1.5", Decimal("0.1")],
        "must fit into 64 bits": [2**63, "1e30", Decimal("1e999999999")],
        "must be a number": ["x", "1,000", True, [], "NaN", "Infinity"],
    }
    for rule, values in wrong.items():
        for value in values:
            assert rules("setContract", row("setContract", TotalAmount=value)) == [f"TotalAmount {rule}"]


def test_a_decimal_takes_11_digits_before_and_8_after_the_point():
    cases = {
        24.0: "24",
        "12.00000000": "12",
        Decimal("12345678901.12345678"): "12345678901.12345678",
        "-0.5": "-0.5",
        0: "0",
    }
    for value, spelt in cases.items():
        assert taken("setUomConversion", "Coefficient", value) == spelt
    for value in (
        123456789012,
        "0.123456789",
        Decimal("1e-9"),
        "1e999999999",
        Decimal("99999999999.99999999999999999999"),
    ):
        assert rules("setUomConversion", row("setUomConversion", Coefficient=value)) == [
            "Coefficient max 11 digits before and 8 after the point"
        ]
    assert rules("setUomConversion", row("setUomConversion", Coefficient="x")) == ["Coefficient must be a number"]


def test_the_suppliers_flag_is_read_in_both_spellings_and_of_both_the_later_wins():
    assert rules("setCustomer", row("setCustomer", SupplierYN=5)) == ["SuplierYN must be 1 or 0"]
    both = row("setCustomer", SuplierYN=1, SupplierYN=0)
    (model, _), *_ = parse(FORMS["setcustomer"], [both]).rows
    assert model.write({}).fields["is_supplier"] is False


@pytest.mark.parametrize("wrong", [None, 5, "row", [], True])
def test_a_row_that_is_no_object_is_said_to_be_none(wrong):
    (rule,) = rules("setSite", wrong)
    assert rule.strip().startswith(("must be an object, got", REQUIRED))


def test_rows_are_numbered_from_1_across_slices():
    rows = [row("setSite")] * 1203
    rows[702] = row("setSite", AgentYN=5)
    (fault,) = parse(FORMS["setsite"], rows).faults
    assert str(fault) == "row 703: AgentYN must be 1 or 0"


def test_a_status_of_0_brings_nothing_back():
    for status, revives in ((None, True), ("1", True), ("0", False)):
        (model, _), *_ = parse(FORMS["setsite"], [row("setSite", Status=status)]).rows
        assert model.write({}).revives is revives


@pytest.mark.parametrize("form", BY_ENTITY.values())
def test_every_attribute_is_a_column_of_its_entity_or_the_key(form):
    assert set(form.model_fields) - set(form.columns) <= {"code"}


texts = st.text(st.characters(codec="utf-8"), max_size=20)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "flag": st.booleans(),
    "date": st.dates(),
    "long": st.integers(-(2**63), 2**63 - 1),
    "decimal": st.decimals(Decimal("-99999999999.99999999"), Decimal("99999999999.99999999"), places=8),
}


@st.composite
def images(draw: st.DrawFn) -> tuple[type[Form], str, dict[str, Any]]:
    """A form, a key, and image values of some of its columns."""
    form = draw(st.sampled_from([FORMS[name.lower()] for name in TABLES]))
    kinds = TABLES[form.form]
    values = {}
    for name, word in form.columns.items():
        kind, must = kinds[word]
        strategy = VALUES.get(kind, texts.map(lambda text, most=kind: text[: int(most) if most.isdecimal() else 1]))
        value = spell(draw(strategy))
        if (value is not None or not must) and name not in form.key_parts:
            values[name] = value if value is not None or not must else "A"
        elif must and name not in form.key_parts:
            values[name] = "A"
    parts = [draw(texts.filter(lambda text: spell(text) is not None)) for _ in form.key_parts]
    return form, compose_key([str(spell(part)) for part in parts]), values


@given(images())
def test_what_goes_out_in_the_vendors_words_comes_back_as_it_was(case):
    form, key, values = case
    sent = form.of_image(key, values).dump()
    parsed = parse(form, [sent])
    assert parsed.faults == []
    (model, extra), *_ = parsed.rows
    write = model.write(extra)
    assert (write.key, write.extra) == (key, {})
    assert {name: value for name, value in write.fields.items() if name not in form.key_parts} == values


def test_values_go_out_as_the_vendors_examples_have_them():
    contract = {"signed_on": "2025-01-15", "amount": 7, "currency": None, "valid_to": None, "active": True, "name": "n"}
    assert FORMS["setcontract"].of_image("C", contract).dump() == {
        "ContractCode": "C",
        "ContractName": "n",
        "SignedDate": "2025-01-15",
        "ToDate": None,
        "TotalAmount": 7,
        "Currency": "",
        "Status": "1",
    }
    site = FORMS["setsite"].of_image("W", {"name": "n", "is_agent": False, "active": False}).dump()
    assert site == {"SiteCode": "W", "SiteName": "n", "AgentYN": 0, "Status": "0"}
    coefficients = {"24": 24, "0.5": 0.5, "12345678901.12345678": "12345678901.12345678"}
    for image, sent in coefficients.items():
        assert FORMS["unitconversion"].of_image("A|B", {"coefficient": image}).dump()["Coefficient"] == sent


@given(st.lists(st.text(alphabet="a|\\\n", max_size=6), min_size=2, max_size=3))
def test_a_key_of_parts_can_be_taken_apart_again(parts):
    assert split_key(compose_key(parts), len(parts)) == parts


def test_a_key_with_another_number_of_parts_is_refused():
    for key in ("A", "A|B|C"):
        with pytest.raises(ValueError, match="parts, not 2"):
            split_key(key, 2)


def test_dates_are_dates_in_the_model():
    (model, _), *_ = parse(FORMS["setcontract"], [row("setContract", SignedDate="2025-01-15")]).rows
    assert model.model_dump()["signed_on"] == date(2025, 1, 15)
