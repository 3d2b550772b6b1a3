"""Which hosts go first, and which go together: tables of fleets and the batches they must become,
and properties of every plan."""

import pytest
from hypothesis import given
from hypothesis import strategies as some
from mailhost.core.errors import BadInput
from mailhost.rollout.batches import batches, canaries, check, hold, members, of_each_kind, size

USUAL = [1, "10%", "50%", "100%"]


def fleet(**hosts):
    """name=domains, or name=(domains, canary)."""
    rows = []
    for name, about in hosts.items():
        domains, canary = about if isinstance(about, tuple) else (about, False)
        rows.append({"name": name, "fqdn": f"{name}.example.org", "domains": domains.split(), "canary": canary})
    return members(rows)


@pytest.mark.parametrize(
    ("entry", "hosts", "wanted"),
    [
        (1, 300, 1),
        ("7", 300, 7),
        ("10%", 312, 31),
        ("10 %", 312, 31),
        ("0.5%", 10, 1),
        ("100%", 5, 5),
        ("33.4%", 10, 3),
        (9, 2, 9),
    ],
)
def test_size(entry, hosts, wanted):
    assert size(entry, hosts) == wanted


@pytest.mark.parametrize(
    "entry",
    ["ten", "", "-1", "0", 0, -3, "101%", "0%", "-5%", "1e3", "%", "5%%", True, None, 1.5, "1.5", "nan%", "٣", [1]],
)
def test_size_refused(entry):
    with pytest.raises(BadInput, match=r"^mailhost_rollout_batches: "):
        size(entry, 10)


@pytest.mark.parametrize(("value", "wanted"), [(0, 0), ("30", 30), ("Ask", None)])
def test_hold(value, wanted):
    assert hold(value, True) == wanted


@pytest.mark.parametrize(
    ("value", "terminal"), [("ask", False), ("soon", True), (-1, True), (True, True), ("1.5", True), ("", True)]
)
def test_hold_refused(value, terminal):
    with pytest.raises(BadInput, match=r"^mailhost_rollout_hold: "):
        hold(value, terminal)


@pytest.mark.parametrize(
    ("hosts", "wanted"),
    [
        ({"a": "x", "b": "y"}, []),
        ({"a": ("x", True), "b": "y"}, ["a"]),
        ({"a": ("x", "yes"), "b": ("y", "no")}, ["a"]),
        ({"a": ("x", "b"), "b": ("y", "b")}, ["b"]),
        ({"a": ("x", ["b", "a"]), "b": ("y", ["b", "a"])}, ["a", "b"]),
        ({"a": ("x", "b, a"), "b": "y"}, ["a", "b"]),
        ({"a": ("x", None), "b": ("y", [])}, []),
    ],
)
def test_canaries(hosts, wanted):
    assert canaries(fleet(**hosts)) == wanted


@pytest.mark.parametrize(
    ("hosts", "sizes", "text"),
    [
        ({}, USUAL, "mailhosts: the inventory has no host to roll out to"),
        ({"a": "x"}, [], "mailhost_rollout_batches: empty"),
        ({"a": "x"}, [1, "110%"], "'110%' is not more than 0% and at most 100%"),
        ({"a": "x"}, ["many"], "'many' is neither a number of hosts nor a share of them"),
        ({"a": ("x", "c"), "b": "y"}, USUAL, "mailhost_canary: 'c' is not among the hosts of this rollout"),
        ({"a": ("x", True), "b": ("x", True), "c": "y"}, USUAL, "every host of the domain 'x' is a canary: a, b"),
        ({"a": ("x", "a,b"), "b": ("X.", "a,b"), "c": "y"}, USUAL, "every host of the domain 'x' is a canary: a, b"),
    ],
)
def test_refused(hosts, sizes, text):
    with pytest.raises(BadInput) as caught:
        check(fleet(**hosts), sizes)
    assert text in str(caught.value)


def test_two_hosts_of_one_name():
    rows = [{"name": "a", "fqdn": "mx.example.org"}, {"name": "b", "fqdn": "MX.example.org."}]
    with pytest.raises(BadInput, match=r"'mx.example.org' is the name of two hosts: a and b"):
        check(members(rows), USUAL)


def test_a_canary_that_is_its_domains_only_host():
    assert check(fleet(a=("x", True), b="y"), USUAL) == ["a"]


@pytest.mark.parametrize(
    ("hosts", "first", "sizes", "wanted"),
    [
        ({name: name for name in "abcdefghij"}, ["c"], USUAL, ["c", "a", "b", "defgh", "ij"]),
        ({name: name for name in "abc"}, [], [2], ["ab", "c"]),
        ({"a": "x", "b": "x", "c": "x"}, ["b"], ["100%"], ["b", "a", "c"]),
        ({"a": "x", "b": "x y", "c": "y", "d": "z"}, [], ["100%"], ["acd", "b"]),
        ({"a": "x", "b": "x", "c": "x"}, ["a", "b"], ["100%"], ["a", "b", "c"]),
        ({"a": "", "b": "", "c": ""}, [], ["100%"], ["abc"]),
    ],
)
def test_batches(hosts, first, sizes, wanted):
    assert ["".join(batch) for batch in batches(fleet(**hosts), first, sizes)] == wanted


@given(
    some.lists(some.lists(some.sampled_from("uvwxyz"), max_size=3, unique=True), min_size=1, max_size=30),
    some.lists(some.one_of(some.integers(1, 40), some.integers(1, 100).map("{}%".format)), min_size=1, max_size=5),
    some.sets(some.integers(0, 29)),
)
def test_every_plan(domains, sizes, first):
    hosts = members({"name": f"h{number}", "domains": found} for number, found in enumerate(domains))
    ahead = [f"h{number}" for number in sorted(first) if number < len(hosts)]
    found = batches(hosts, ahead, sizes)
    assert sorted(name for batch in found for name in batch) == sorted(host.name for host in hosts)
    serves = {host.name: host.domains for host in hosts}
    for batch in found:
        every = [domain for name in batch for domain in serves[name]]
        assert len(every) == len(set(every)), "two hosts of one domain in one batch"
    order = [name for batch in found for name in batch]
    assert set(order[: len(ahead)]) == set(ahead), "somebody went before a canary"


@pytest.mark.parametrize(
    ("hosts", "kinds", "wanted"),
    [
        ({"a": "x", "b": "y", "c": "z"}, {"a": "1", "b": "1", "c": "2"}, ["a", "c"]),
        ({"a": "x", "b": "x", "c": "z"}, {"a": "1", "b": "2", "c": "2"}, ["a", "c"]),
        ({"a": "x", "b": "y"}, {"a": None, "b": "1"}, ["b"]),
        ({"a": "x", "b": "y"}, {}, []),
    ],
)
def test_one_of_each_kind(hosts, kinds, wanted):
    assert of_each_kind(fleet(**hosts), kinds) == wanted
