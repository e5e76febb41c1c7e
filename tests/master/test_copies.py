"""How a copy is kept."""

from synchub.master.copies import Copy, Held, Statement, document, load


class Stored:
    """A `cross_reference` row with a copy's documents."""

    row_hash = None

    def __init__(self, copy: Copy) -> None:
        self.connection_id, self.entity, self.external_key, self.id = copy.connection, copy.entity, copy.key, copy.id
        self.__dict__.update(document(copy))


def copy_with(stamps):
    image = {name: Statement(name.upper(), stamp) for name, stamp in stamps.items()}
    known = {name: Held(frozenset({name.upper()}), stamp) for name, stamp in stamps.items()}
    return Copy(1, "customer", "K", 1_000_000_000, image=image, known=known)


def test_fields_that_move_alone_are_the_exceptions_also_when_they_are_newer():
    kept = document(copy_with({"name": 10, "phone": 10, "city": 10, "contact": 99}))
    assert kept["image"]["x"].keys() == {"contact"}
    assert kept["known"]["t"].keys() == {"contact"}


def test_a_copy_comes_back_as_it_was_kept():
    copy = copy_with({"name": 10, "phone": 99, "city": 10, "contact": 50})
    copy.image["phone"] = Statement("1", 99, 70)
    copy.known["city"] = Held(frozenset({None, "here"}), 12)
    assert load(Stored(copy)) == copy
